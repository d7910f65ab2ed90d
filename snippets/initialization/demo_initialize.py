torch.manual_seed(0)
model = nn.Sequential(nn.Linear(400, 100), nn.ReLU(), nn.Linear(100, 10))
for scheme, gain in (("lecun", 1), ("glorot", 1), ("he", 2)):
    initialize(model, scheme)
    fan = 250 if scheme == "glorot" else 400
    print(
        f"{scheme:6} std {model[0].weight.std():.4f}, wanted {(gain / fan) ** 0.5:.4f}"
    )

twin = nn.Linear(400, 100)
torch.manual_seed(1)
nn.init.kaiming_normal_(twin.weight, nonlinearity="relu")
torch.manual_seed(1)
initialize(model[0], "he")
print("as kaiming_normal_:", torch.equal(model[0].weight, twin.weight))
