unbiased = x.var(dim=(0, 2, 3), correction=1)  # divided by 15

print("running_mean              ", layer.running_mean)
print("0.1 · mean                ", 0.1 * mean)
print("running_var               ", layer.running_var)
print("0.9 · 1 + 0.1 · unbiased  ", 0.9 * 1 + 0.1 * unbiased)
print("num_batches_tracked       ", layer.num_batches_tracked.item())
