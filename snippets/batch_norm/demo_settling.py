import math

print("momentum  batches to 99 %  noise left")
for momentum in (0.5, 0.1, 0.01, 0.001):
    batches = math.log(0.01) / math.log(1 - momentum)
    noise = math.sqrt(momentum / (2 - momentum))  # of a single batch's
    print(f"{momentum:8}  {batches:15.0f}  {noise:10.2f}")
