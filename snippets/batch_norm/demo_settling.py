import math

for momentum in (0.5, 0.1, 0.01, 0.001):
    batches = math.log(0.01) / math.log(1 - momentum)
    noise = math.sqrt(momentum / (2 - momentum))
    print(
        f"momentum {momentum:5}: 99 % of the way after {batches:6.0f} batches,", end=""
    )
    print(f" noise {noise:.2f} of one batch's")
