import torch
from torch import nn

p, width = 0.5, 100
orders = {
    "Dropout, Linear, BatchNorm": [
        nn.Dropout(p),
        nn.Linear(width, width),
        nn.BatchNorm1d(width, momentum=None),
    ],
    "Dropout, Linear, LayerNorm": [
        nn.Dropout(p),
        nn.Linear(width, width),
        nn.LayerNorm(width),
    ],
    "Linear, BatchNorm, Dropout": [
        nn.Linear(width, width),
        nn.BatchNorm1d(width, momentum=None),
        nn.Dropout(p),
    ],
}
torch.manual_seed(0)
x = torch.relu(torch.randn(5_000, width))
for name, layers in orders.items():
    net = nn.Sequential(*layers)
    before = net[:-1] if name.endswith("Dropout") else net  # the norm's output
    with torch.no_grad():
        train = before.train()(x).var(0).mean()
        evaluation = before.eval()(x).var(0).mean()
    print(f"{name}: normalized variance {train:.2f} in train, {evaluation:.2f} in eval")
