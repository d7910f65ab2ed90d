torch.manual_seed(0)
x = torch.full((100_000,), 0.6)
layer = Dropout(p=0.5)  # new modules are in training mode

for call in (1, 2):
    y = layer(x)
    share = (y == 0).float().mean()
    low, high = y.unique()
    print(f"call {call}: {low:.1f} or {high:.1f}, {share:.2f} of them zero")
mean = torch.stack([layer(x) for _ in range(20)]).mean()
print(f"mean over masks: {mean:.2f}")
print("eval returns its input:", layer.eval()(x) is x)

same = set(Dropout(0.3)(x).tolist()) == set(nn.Dropout(0.3)(x).tolist())
print("the same two values as nn.Dropout:", same)
