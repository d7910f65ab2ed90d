def is_x(y):
    return torch.allclose(y, x, atol=1e-6)


with torch.no_grad():
    layer.weight.copy_(torch.sqrt(var + layer.eps))  # gamma
    layer.bias.copy_(mean)  # beta
    print("gamma = sqrt(var + eps), beta = mean:", is_x(layer(x)))

    layer.weight.copy_(mean)
    layer.bias.copy_(torch.sqrt(var))
    print("gamma = mean, beta = std:            ", is_x(layer(x)))
