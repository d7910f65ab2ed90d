torch.manual_seed(0)
model = nn.Sequential(
    nn.Linear(4, 64), nn.BatchNorm1d(64), nn.ReLU(), nn.Dropout(0.2), nn.Linear(64, 3)
)
model(torch.randn(256, 4))  # some running statistics
model.eval()
before = model[1].running_mean.clone()

x = torch.randn(5, 4)
prediction = mc_dropout(model, x, samples=50, classification=True)
sums = prediction.mean.sum(1)
part = prediction.mutual_information / prediction.entropy
print("mean probabilities sum to 1:", torch.allclose(sums, torch.ones(5)))
print("the samples disagree:       ", bool((prediction.std > 0).all()))
print("their part of the entropy:  ", "0 to 1" if part.max() <= 1 else "impossible")
print("batch norm was left alone:  ", torch.equal(before, model[1].running_mean))
print("still in eval:              ", not any(m.training for m in model.modules()))
