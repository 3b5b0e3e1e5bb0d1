package tensortest

var convSections = []section{
	{"Convolutions", "A list of strides, paddings or sizes has one number for all dimensions or one for each; so has a kernel: `nn.NewConv2d(g, in, out, 3)`, `nn.NewConv2d(g, in, out, 1, 7)`.", []line{
		{"`F.conv1d`", "tensor.Conv1d", ""},
		{"`F.conv2d`", "tensor.Conv2d", ""},
		{"`F.conv3d`", "tensor.Conv3d", ""},
		{"`F.conv2d(x, w, b, stride=2, padding=1, dilation=2, groups=4)`", "tensor.ConvOptions",
			"`tensor.ConvOptions{Stride: []int{2}, Padding: []int{1}, …}`; `Same: true` is padding='same'; with an activation in the same pass"},
		{"`F.conv_transpose1d`", "tensor.ConvTranspose1d", ""},
		{"`F.conv_transpose2d`", "tensor.ConvTranspose2d", ""},
		{"`F.conv_transpose3d`", "tensor.ConvTranspose3d", ""},
		{"`F.conv_transpose2d(x, w, b, stride=2, output_padding=1)`", "tensor.ConvTransposeOptions", ""},
		{"`F.unfold(x, kernel)`", "tensor.Unfold", "`x.Unfold` is torch's x.unfold: windows along one dimension"},
		{"`F.fold(x, size, kernel)`", "tensor.Fold", ""},
		{"`F.unfold(x, kernel, stride=2, padding=1)`", "tensor.UnfoldOptions", ""},
		{"`nn.Conv1d(in, out, k)`", "nn.NewConv1d", ""},
		{"`nn.Conv2d(in, out, k)`", "nn.NewConv2d", "before a ReLU in a Sequential in one pass with it"},
		{"`nn.Conv3d(in, out, k)`", "nn.NewConv3d", ""},
		{"`nn.Conv2d(in, out, 3, stride=2, padding=1, bias=False)`", "nn.ConvConfig nn.Conv1dConfig nn.Conv2dConfig nn.Conv3dConfig",
			"`nn.Conv2dConfig{Stride: []int{2}, Padding: []int{1}, NoBias: true}.New(g, in, out, 3)`"},
		{"`padding_mode='reflect'`", "nn.PaddingMode nn.PadZeros nn.PadReflect nn.PadReplicate nn.PadCircular", ""},
		{"`nn.ConvTranspose1d(in, out, k)`", "nn.NewConvTranspose1d", ""},
		{"`nn.ConvTranspose2d(in, out, k)`", "nn.NewConvTranspose2d", ""},
		{"`nn.ConvTranspose3d(in, out, k)`", "nn.NewConvTranspose3d", ""},
		{"`nn.ConvTranspose2d(in, out, 2, stride=2)`", "nn.ConvTransposeConfig nn.ConvTranspose1dConfig nn.ConvTranspose2dConfig nn.ConvTranspose3dConfig",
			"`nn.ConvTranspose2dConfig{Stride: []int{2}}.New(g, in, out, 2)`"},
	}},
}
