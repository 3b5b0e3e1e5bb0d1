package docs

import (
	"context"
	"fmt"
	"log"
	"net/http"

	"github.com/lamina-ml/lamina/task"
	"github.com/lamina-ml/lamina/task/digits"
	"github.com/lamina-ml/lamina/task/images"
	"github.com/lamina-ml/lamina/ui"
)

func Example_page() {
	ctx, end := context.WithCancel(context.Background())
	config := ui.Config{Runs: "runs", Tasks: task.NewSet(digits.Task{}, images.Task{})}
	err := ui.Serve(ctx, "localhost:0", config, func(url string) { // port 0 means any that is free
		reply, err := http.Get(url)
		if err != nil {
			log.Fatal(err)
		}
		reply.Body.Close()
		fmt.Println(reply.Status)
		end() // a program would serve until Ctrl-C
	})
	fmt.Println(err)
	// Output:
	// 200 OK
	// <nil>
}
