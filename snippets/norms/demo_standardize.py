torch.manual_seed(0)
train = torch.empty(1000, 3).uniform_(-1, 1) * torch.tensor([200.0, 10.0, 0.0]) + 7
test = torch.empty(100, 3).uniform_(-1, 1) * torch.tensor([200.0, 10.0, 0.0]) + 7

standardize = Standardize(num_features=3)
standardize.fit(train.split(64))  # once, on the training set alone
z = standardize(train)
print("training mean", z.mean(0).abs().max() < 1e-6, " std", z.std(0, correction=0))
print("test mean    ", standardize(test).mean(0))  # near 0, not 0: that is right

model = nn.Sequential(standardize, nn.Linear(3, 1))
print("saved:", [name for name in model.state_dict() if name.startswith("0.")])
loaded = nn.Sequential(Standardize(3), nn.Linear(3, 1))
loaded.load_state_dict(model.state_dict())
print("same output after loading:", torch.equal(loaded(test), model(test)))
