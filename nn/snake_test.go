package nn

import "testing"

func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"FC1": "fc1", "LayerNorm1": "layer_norm1", "Conv2d": "conv2d", "Conv2D": "conv2d", "Conv2DBlock": "conv2d_block",
		"Weight": "weight", "Bias": "bias", "W": "w", "WQ": "wq", "Wq": "wq", "QKV": "qkv", "QProj": "q_proj", "InProj": "in_proj",
		"HTTPServer": "http_server", "LMHead": "lm_head", "MLP": "mlp", "MLP2": "mlp2", "BatchNorm2d": "batch_norm2d",
		"Layer1Conv": "layer1_conv", "L1Loss": "l1_loss", "Conv1x1": "conv1x1", "FC1A": "fc1a", "RunningMean": "running_mean",
		"ReLU": "relu", "LeakyReLU": "leaky_relu", "PReLU": "prelu", "GELU": "gelu", "SiLU": "silu", "ELU": "elu",
		"EmbedDim": "embed_dim", "Fc_1": "fc_1", "A_B": "a_b", "Größe2Ö": "größe2ö", "ΔWeight": "δ_weight", "PosEmbedding": "pos_embedding",
	} {
		if got := snake(name); got != want {
			t.Errorf("%s gives %q, want %q", name, got, want)
		}
	}
}
