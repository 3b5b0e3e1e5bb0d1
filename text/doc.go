// Package text turns text into numbers for language models: tokenizers, and datasets of text.
//
// A [Tokenizer] splits text into tokens and returns their ids. [LoadTokenizer] reads Hugging Face's tokenizer.json,
// the file of BERT, GPT-2, Llama, Qwen, T5 and most other models, and the ids and offsets are those of PyPI's
// tokenizers. [TrainBPE] trains a tokenizer on a text; [NewCharTokenizer] takes the characters of a text as tokens.
// [NewByteLevelBPE] and [NewSentencePieceBPE] make a tokenizer from the lists of a GGUF file.
//
// [Tokens] is a file of ids that may be larger than memory. [Windows] cuts it into the samples of a language model.
// [Lines] reads labelled texts, and [Padded] pads them to batches; [BucketSampler] puts texts of similar length into
// a batch.
package text

import (
	"fmt"

	"github.com/lamina-ml/lamina/tensor"
)

// fail panics with a *tensor.Error.
func fail(op, format string, args ...any) {
	panic(&tensor.Error{Op: "text." + op, Msg: fmt.Sprintf(format, args...)})
}
