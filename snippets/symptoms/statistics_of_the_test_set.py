import torch

torch.manual_seed(0)
train = torch.randn(10_000) * 2 + 5
test = torch.randn(10_000) * 2 + 8  # later, the values have drifted upwards


def predict(x, mean, std):  # what was learned: a threshold at the mean of training
    return (x - mean) / std > 0


truth = test > 5
own = (predict(test, test.mean(), test.std()) == truth).float().mean()
of_training = (predict(test, train.mean(), train.std()) == truth).float().mean()
print(f"accuracy: statistics of the test set {own:.0%}, of training {of_training:.0%}")
one = test[:1]
print("one sample at a time:", ((one - one.mean()) / one.std(correction=0)).item())
assert own < 0.7
assert of_training > 0.97
