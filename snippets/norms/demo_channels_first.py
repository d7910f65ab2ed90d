torch.manual_seed(0)
C, H, W = 6, 4, 4
x = torch.randn(2, C, H, W)
y = ChannelsFirstLayerNorm(C)(x)

others = {
    "nn.LayerNorm(C), permuted": nn.LayerNorm(C)(x.movedim(1, -1)).movedim(-1, 1),
    "nn.LayerNorm([C, H, W])": nn.LayerNorm([C, H, W])(x),
    "nn.GroupNorm(1, C)": nn.GroupNorm(1, C)(x),
}
for name, other in others.items():
    print(f"{name:26} {torch.allclose(y, other, atol=1e-5)}")
