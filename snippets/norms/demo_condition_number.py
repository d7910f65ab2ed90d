import torch


def condition(x):  # of the Hessian 2/N · XᵀX of the mean squared error
    eigenvalues = torch.linalg.eigvalsh(2 * x.T @ x / len(x))
    return (eigenvalues[-1] / eigenvalues[0]).item(), 2 / eigenvalues[-1].item()


torch.manual_seed(0)
x = torch.empty(500, 2, dtype=torch.float64).uniform_(-1, 1)
x = x * torch.tensor([200.0, 10.0])  # (N, 2)
z = (x - x.mean(0)) / x.std(0, correction=0)

for name, inputs in (("raw", x), ("standardized", z), ("mean 5", z + 5)):
    bias = torch.ones(len(x), 1, dtype=x.dtype)  # its weight is b
    kappa, rate = condition(torch.cat([inputs, bias], dim=1))
    print(f"{name:12}  condition {kappa:8.1f}   largest rate {rate:.2g}")
