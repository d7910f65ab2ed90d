torch.manual_seed(0)
theirs, ours = nn.BatchNorm2d(3), BatchNorm(3)
ours.load_state_dict(theirs.state_dict())

for _ in range(3):  # both see the same three batches
    x = 5 + 2 * torch.randn(8, 3, 4, 4)
    print("train:", torch.allclose(theirs(x), ours(x), atol=1e-6))

print("eval: ", torch.allclose(theirs.eval()(x), ours.eval()(x), atol=1e-6))
theirs.load_state_dict(ours.state_dict())  # and back
print(ours)
