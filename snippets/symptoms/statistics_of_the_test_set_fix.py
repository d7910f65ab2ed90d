import torch
from standardize import Standardize

torch.manual_seed(0)
train = torch.randn(10_000, 1) * 2 + 5
test = torch.randn(10_000, 1) * 2 + 8
standardize = Standardize(num_features=1)
standardize.fit([train])  # once; its buffers are saved with the model
truth = test > 5
accuracy = ((standardize(test) > 0) == truth).float().mean()
print(f"accuracy: {accuracy:.0%}")
print("one sample at a time:", bool(standardize(test[:1]).isfinite()))
assert accuracy > 0.97
assert torch.equal(standardize(test[:1]), standardize(test)[:1])
