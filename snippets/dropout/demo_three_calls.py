torch.manual_seed(0)
x = torch.full((100_000,), 0.6)
layer = Dropout(p=0.5)  # new modules are in training mode

for call in (1, 2):
    y = layer(x)
    share = (y == 0).float().mean()
    print(f"call {call}: values {y.unique().tolist()}, {share:.2f} of them zero")
mean = torch.stack([layer(x) for _ in range(20)]).mean()
print(f"mean over masks: {mean:.2f}")
print("eval returns its input:", layer.eval()(x) is x)

torch.manual_seed(1)
ours = Dropout(0.3)(x)
torch.manual_seed(1)
print(
    "the same values as nn.Dropout's:",
    set(ours.tolist()) == set(nn.Dropout(0.3)(x).tolist()),
)
