import math

import torch

printed = "w = np.random.randn((fan_in,fan_out)/np.sqrt(fan_in)"
try:
    compile(printed, "source 004", "exec")
except SyntaxError as error:
    print("as printed:", error.msg)

torch.manual_seed(0)
fan_in, fan_out = 400, 100
w = torch.randn(fan_in, fan_out) / math.sqrt(fan_in)  # LeCun; used as x @ w
weight = torch.randn(fan_out, fan_in) * math.sqrt(2 / (fan_in + fan_out))  # Glorot
print(f"LeCun  {w.std():.4f}, 1 / sqrt(fan_in) = {fan_in**-0.5:.4f}")
print(f"Glorot {weight.std():.4f}, as nn.Linear keeps it: {tuple(weight.shape)}")
