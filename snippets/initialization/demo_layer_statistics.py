torch.manual_seed(0)
layers = []
for _ in range(4):
    layers += [nn.Linear(200, 200), nn.Tanh()]
model = nn.Sequential(*layers, nn.Linear(200, 10))
for layer in model[::2]:
    nn.init.normal_(layer.weight, std=1.0)  # too large

x, y = torch.randn(500, 200), torch.randint(10, (500,))
with LayerStatistics(model) as statistics:
    nn.functional.cross_entropy(model(x), y).backward()
for name, layer in statistics.layers.items():
    shown = [k for k in ("std", "saturated", "gradient") if k in layer]
    print(name, "".join(f"  {k} {layer[k]:5.2f}" for k in shown))
