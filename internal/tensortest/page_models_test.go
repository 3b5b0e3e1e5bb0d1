package tensortest

var modelSections = []section{
	{"Networks for pictures", "Package `models` has torchvision's keys, initial values and results. `torchfile.LoadModel` loads torchvision's .pth files.", []line{
		{"`torchvision.models.resnet18(num_classes=10)`", "models.NewResNet18 models.ResNet",
			"`models.ResNetConfig{Small: true}` for images of 32×32"},
		{"`torchvision.models.resnet34`", "models.NewResNet34", ""},
		{"`torchvision.models.resnet50`", "models.NewResNet50", ""},
		{"`torchvision.models.ResNet`", "models.ResNetConfig", ""},
		{"`torchvision.models.vgg11`", "models.NewVGG11 models.VGG", ""},
		{"`torchvision.models.vgg16`", "models.NewVGG16", ""},
		{"`torchvision.models.vgg13`, `vgg19`, `vgg16_bn` …", "models.VGGConfig",
			"`models.VGGConfig{Layers: 19, BatchNorm: true}.New(g, 1000)`"},
		{"`torchvision.models.mobilenet_v2`", "models.NewMobileNetV2", ""},
		{"`torchvision.models.mobilenet_v3_large`", "models.NewMobileNetV3Large models.MobileNetV3", ""},
		{"`torchvision.models.mobilenet_v3_small`", "models.NewMobileNetV3Small", ""},
		{"`torchvision.models.efficientnet_b0`", "models.NewEfficientNetB0 models.EfficientNet", ""},
		{"`EfficientNet.from_name('efficientnet-lite0')`", "models.NewEfficientNetLite0", "of the PyPI package efficientnet-lite-pytorch"},
		{"`torchvision.models.convnext_tiny`", "models.NewConvNeXtTiny models.ConvNeXt", ""},
		{"LeNet-5", "models.NewLeNet5", "not in torchvision"},
		{"the network of pytorch/examples/mnist", "models.NewMNISTNet", ""},
		{"a network for digits", "models.NewDigitsNet", "that of `lamina train mnist --model cnn`"},
		{"a plain network for pictures of any size", "models.NewConvNet", "that of `lamina train FOLDER`"},
		{"ResNet-20 for CIFAR", "models.NewResNet20", "not in torchvision"},
		{"ResNet-32, 44, 56, 110 for CIFAR", "models.NewCIFARResNet", "`models.NewCIFARResNet(g, 9, 10)` is ResNet-56"},
	}},
}
