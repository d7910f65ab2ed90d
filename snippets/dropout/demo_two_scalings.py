torch.manual_seed(0)
x = torch.ones(200_000)
q = 0.8  # keep 80 %: the paper's p = 0.8 is PyTorch's p = 0.2
paper, pytorch = KeepProbabilityDropout(q), nn.Dropout(1 - q)

print("          train: mean  kept value    eval")
for name, layer in {"paper": paper, "PyTorch": pytorch}.items():
    y = layer.train()(x)
    out = layer.eval()(x)
    print(f"{name:9} {y.mean():11.2f} {y.max():11.2f} {out.mean():8.2f}")

# Each by itself: eval is the mean of training. Half of each: it is not.
print(f"both scalings: {q * pytorch.eval()(x).mean():.2f} instead of 1 in eval")
print(f"no scaling:    1.00 in eval instead of {paper.train()(x).mean():.2f}")
