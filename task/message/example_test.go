package message_test

import (
	"fmt"
	"io"

	"github.com/lamina-ml/lamina/task/message"
)

func ExampleAdvisedError() {
	err := message.Advise(io.ErrUnexpectedEOF, "Download %s again.", "model.safetensors")
	fmt.Println(err, "-", err.(*message.AdvisedError).Advice)
	// Output: unexpected EOF - Download model.safetensors again.
}

func ExampleUsageError() {
	fmt.Println(message.Usagef("--class is %q, want 0 to 9", "ten"))
	// Output: --class is "ten", want 0 to 9
}
