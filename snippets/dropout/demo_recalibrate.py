torch.manual_seed(0)
net = nn.Sequential(
    nn.Linear(20, 50), nn.ReLU(), nn.Dropout(0.5), nn.Linear(50, 50), nn.BatchNorm1d(50)
)
loader = [(torch.randn(256, 20), None) for _ in range(40)]
for x, _ in 3 * loader:
    net(x)  # as training does: dropout on, running statistics updated


@torch.no_grad()
def ratio():
    net.eval()
    x = torch.cat([x for x, _ in loader])
    met = net[:-1](x).var(0)
    return (net[-1].running_var / met).mean()


print(f"stored / met in eval:   {ratio():.1f}")
torch.optim.swa_utils.update_bn(loader, net)  # calls train(): dropout is on
print(f"update_bn:              {ratio():.1f}")
recalibrate_batch_norm(net, loader)
print(f"recalibrate_batch_norm: {ratio():.1f}")
