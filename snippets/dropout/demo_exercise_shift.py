import math

# ReLU of a standard Gaussian z: E[x^2] = 1/2, E[x] = 1/sqrt(2 pi)
square, mean = 0.5, 1 / math.sqrt(2 * math.pi)
for p in (0.1, 0.3, 0.5):
    ratio = 1 + p / (1 - p) * square / (square - mean**2)
    print(f"p = {p}: {ratio:.2f}")
