package ui_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"

	"github.com/lamina-ml/lamina/ui"
)

// A server is a handler, so a program can mount the page beside its own.
func ExampleServer() {
	page := ui.New(ui.Config{})
	defer page.Close()
	server := httptest.NewServer(page)
	defer server.Close()

	reply, err := http.Get(server.URL + "/views.json")
	if err != nil {
		panic(err)
	}
	defer reply.Body.Close()
	fmt.Println(reply.Status)
	io.Copy(io.Discard, reply.Body)
	// Output:
	// 200 OK
}

// With a token, only those who have it see the page.
func ExampleConfig() {
	page := ui.New(ui.Config{Token: "secret", Hosts: []string{"training.example.org"}})
	defer page.Close()
	for _, address := range []string{"http://training.example.org/", "http://training.example.org/?token=secret"} {
		reply := httptest.NewRecorder()
		page.ServeHTTP(reply, httptest.NewRequest("GET", address, nil))
		fmt.Println(reply.Code)
	}
	// Output:
	// 401
	// 303
}

// Serve listens until its context ends.
func ExampleServe() {
	ctx, end := context.WithCancel(context.Background())
	err := ui.Serve(ctx, "localhost:0", ui.Config{}, func(url string) {
		reply, err := http.Get(url)
		if err != nil {
			panic(err)
		}
		reply.Body.Close()
		fmt.Println(reply.Status)
		end()
	})
	fmt.Println(err)
	// Output:
	// 200 OK
	// <nil>
}
