inputs = [t.requires_grad_() for t in (x[:6].clone(), weight.clone(), weight * 0)]


def layer(x, weight, bias):
    return BatchNormFunction.apply(x, weight, bias, 1e-5)


print("first derivative: ", torch.autograd.gradcheck(layer, inputs))
print("second derivative:", torch.autograd.gradgradcheck(layer, inputs))
