torch.manual_seed(0)
model = nn.Sequential(nn.Linear(8, 16), nn.BatchNorm1d(16), nn.ReLU(), nn.Linear(16, 1))
loader = [3 * torch.randn(64, 8) for _ in range(50)]
for x in loader[:5]:  # five batches only: the statistics are far from settled
    model(x)


def error():
    values = model[0](torch.cat(loader))
    return (model[1].running_var / values.var(0)).log().abs().max().item()


print(f"before: variances off by a factor of up to {math.exp(error()):.1f}")
recalibrate_batch_norm(model, loader)
print(f"after:  {math.exp(error()):.3f}")
