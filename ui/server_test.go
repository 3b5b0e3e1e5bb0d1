package ui

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// serving returns the address of a server with c that ends with the test.
func serving(t *testing.T, c Config) (*Server, string) {
	t.Helper()
	s := New(c)
	h := httptest.NewServer(s)
	t.Cleanup(func() { s.Close(); h.CloseClientConnections(); h.Close() })
	return s, h.URL
}

// ask sends a request and returns the status and the body. edit may change the request.
func ask(t *testing.T, method, url, body string, edit func(*http.Request)) (int, string) {
	t.Helper()
	r, err := http.NewRequest(method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if edit != nil {
		edit(r)
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	reply, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer reply.Body.Close()
	raw, err := io.ReadAll(reply.Body)
	if err != nil {
		t.Fatal(err)
	}
	return reply.StatusCode, string(raw)
}

func TestHost(t *testing.T) {
	_, url := serving(t, Config{Hosts: []string{"box.example.org"}})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:6006": 200, "127.0.0.1:1": 200, "[::1]:6006": 200, "LOCALHOST.": 200,
		"box.example.org:80": 200, "evil.example": 403, "evil.example:6006": 403, "localhost.evil.example": 403,
		"192.168.1.5": 403, "0.0.0.0:6006": 403, "[::]": 403, "127.0.0.1.evil.example": 403,
	} {
		if got, _ := ask(t, "GET", url+"/", "", func(r *http.Request) { r.Host = host }); got != want {
			t.Errorf("Host %s: status %d, want %d", host, got, want)
		}
	}
}

func TestOtherSites(t *testing.T) {
	_, url := serving(t, Config{})
	for _, c := range []struct {
		method, path string
		header       map[string]string
		want         int
	}{
		{"POST", "/api/playground/open", map[string]string{"Origin": "http://evil.example"}, 403},
		{"POST", "/api/playground/open", map[string]string{"Origin": "null"}, 403},
		{"POST", "/api/playground/open", map[string]string{"Origin": "http://localhost:1"}, 403}, // another port is another origin
		{"POST", "/api/playground/open", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"POST", "/api/playground/open", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"GET", "/api/playground/choices", map[string]string{"Sec-Fetch-Site": "cross-site"}, 403},
		{"GET", "/api/playground/choices", map[string]string{"Sec-Fetch-Site": "same-site"}, 403},
		{"GET", "/api/playground/choices", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"GET", "/api/playground/choices", nil, 200},
		{"GET", "/", map[string]string{"Sec-Fetch-Site": "cross-site"}, 200}, // a link from a page of documentation
		{"POST", "/api/playground/open", map[string]string{"Origin": url}, 200},
		{"POST", "/api/playground/open", map[string]string{"Sec-Fetch-Site": "same-origin"}, 200},
		{"DELETE", "/api/playground/open", map[string]string{"Origin": url}, 405},
	} {
		got, body := ask(t, c.method, url+c.path, "{}", func(r *http.Request) {
			for k, v := range c.header {
				r.Header.Set(k, v)
			}
		})
		if got != c.want {
			t.Errorf("%s %s with %v: status %d (%s), want %d", c.method, c.path, c.header, got, body, c.want)
		}
	}
}

func TestPolicy(t *testing.T) {
	_, url := serving(t, Config{})
	reply, err := http.Get(url + "/")
	if err != nil {
		t.Fatal(err)
	}
	reply.Body.Close()
	p := reply.Header.Get("Content-Security-Policy")
	if !strings.Contains(p, "default-src 'none'") || strings.Contains(p, "unsafe") {
		t.Errorf("policy %q", p)
	}
	for _, name := range []string{"Access-Control-Allow-Origin", "Set-Cookie"} {
		if v := reply.Header.Get(name); v != "" {
			t.Errorf("%s: %s", name, v)
		}
	}
}

// TestNothingFromElsewhere checks that no asset names an address on the web that a browser would load.
func TestNothingFromElsewhere(t *testing.T) {
	_, url := serving(t, Config{})
	for _, name := range []string{"/", "/main.js", "/page.js", "/style.css", "/views/playground.js", "/vendor/uplot/uPlot.js"} {
		_, body := ask(t, "GET", url+name, "", nil)
		for _, bad := range []string{"src=\"http", "href=\"http", "import(\"http", "from \"http", "url(http", "url(//", "@import"} {
			if strings.Contains(body, bad) {
				t.Errorf("%s contains %s", name, bad)
			}
		}
	}
}

func TestToken(t *testing.T) {
	_, url := serving(t, Config{Token: "secret"})
	for _, path := range []string{"/", "/?token=wrong", "/?token=", "/main.js?token=secret", "/api/playground/choices",
		"/api/playground/choices?token=secret"} {

		if got, body := ask(t, "GET", url+path, "", nil); got != 401 || strings.Contains(body, "secret") {
			t.Errorf("%s: status %d, body %s", path, got, body)
		}
	}
	if got, _ := ask(t, "POST", url+"/api/playground/open?token=secret", "{}", nil); got != 401 {
		t.Errorf("POST without the cookie: status %d", got)
	}
	reply := httptest.NewRecorder()
	s := New(Config{Token: "secret"})
	defer s.Close()
	s.ServeHTTP(reply, httptest.NewRequest("GET", "http://192.168.1.5:6006/?token=secret", nil))
	cookies := reply.Result().Cookies()
	if reply.Code != 303 || reply.Header().Get("Location") != "/" || len(cookies) != 1 || !cookies[0].HttpOnly ||
		cookies[0].SameSite != http.SameSiteStrictMode {

		t.Fatalf("status %d, location %s, cookies %v", reply.Code, reply.Header().Get("Location"), cookies)
	}
	withCookie := func(r *http.Request) { r.AddCookie(cookies[0]) }
	if got, _ := ask(t, "GET", url+"/api/playground/choices", "", withCookie); got != 200 {
		t.Errorf("with the cookie: status %d", got)
	}
	for token, want := range map[string]int{"secret": 200, "secre": 401, "": 401} {
		bearer := func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+token) }
		if got, _ := ask(t, "GET", url+"/", "", bearer); got != want {
			t.Errorf("with the header %q: status %d, want %d", token, got, want)
		}
	}
}

// TestServe checks that a server beyond loopback asks for a token that it made.
func TestServe(t *testing.T) {
	for addr, token := range map[string]bool{"localhost:0": false, "127.0.0.1:0": false, ":0": true, "0.0.0.0:0": true} {
		ctx, end := context.WithCancel(context.Background())
		err := Serve(ctx, addr, Config{}, func(url string) {
			if strings.Contains(url, "?token=") != token {
				t.Errorf("%s: the page is at %s", addr, url)
			}
			_, query, _ := strings.Cut(url, "?")
			if token && len(query) < len("token=")+20 {
				t.Errorf("%s: the token of %s is short", addr, url)
			}
			end()
		})
		if err != nil {
			t.Errorf("%s: %v", addr, err)
		}
	}
	if err := Serve(context.Background(), "localhost:99999", Config{}, nil); err == nil {
		t.Error("no error for port 99999")
	}
}

func TestHostileInput(t *testing.T) {
	_, url := serving(t, Config{})
	big := `{"data":"` + strings.Repeat("x", maxBody) + `"}`
	for _, c := range []struct {
		path, body string
		want       int
	}{
		{"playground/open", "", 400},
		{"playground/open", "{", 400},
		{"playground/open", "[]", 400},
		{"playground/open", "{} {}", 400},
		{"playground/open", `{"other":1}`, 400},
		{"playground/open", big, 413},
		{"playground/open", `{"data":"nowhere"}`, 400},
		{"playground/open", `{"noise":-1}`, 400},
		{"playground/open", `{"noise":1e400}`, 400},
		{"playground/open", `{"train":0}`, 400},
		{"playground/open", `{"batch":0}`, 400},
		{"playground/open", `{"batch":1000000000}`, 400},
		{"playground/open", `{"batch":1.5}`, 400},
		{"playground/open", `{"inputs":[]}`, 400},
		{"playground/open", `{"inputs":["x","x"]}`, 400},
		{"playground/open", `{"inputs":["z"]}`, 400},
		{"playground/open", `{"hidden":[0]}`, 400},
		{"playground/open", `{"hidden":[9]}`, 400},
		{"playground/open", `{"hidden":[1000000000]}`, 400},
		{"playground/open", `{"hidden":[1,1,1,1,1,1,1]}`, 400},
		{"playground/open", `{"activation":"cos"}`, 400},
		{"playground/open", `{"loss":"l1"}`, 400}, // circle has classes
		{"playground/open", `{"data":"plane"}`, 400},
		{"playground/open", `{"optimizer":"lion"}`, 400},
		{"playground/open", `{"rate":0}`, 400},
		{"playground/open", `{"rate":11}`, 400},
		{"playground/open", `{"decay":-1}`, 400},
		{"playground/open", `{"dropout":1}`, 400},
		{"playground/open", `{"seed":-1}`, 400},
		{"playground/open", `{"seed":4294967296}`, 400},
		{"playground/open", `{"hidden":null}`, 200},
		{"playground/set/none", `{}`, 404},
		{"playground/do/none", `{"action":"play"}`, 404},
		{"descent/walk", `{"Surface":"none","Steps":1}`, 404},
		{"descent/walk", `{"Surface":"bowl","Steps":0}`, 400},
		{"descent/walk", `{"Surface":"bowl","Steps":1000000}`, 400},
		{"descent/walk", `{"Surface":"bowl","Steps":5,"Rates":{"sgd":-1}}`, 400},
		{"descent/walk", `{"Surface":"bowl","Steps":5,"Start":[1e308,1e308],"Rates":{"sgd":1}}`, 200},
		{"descent/walk", `{"Surface":"rosenbrock","Steps":1000,"Start":[-2,3],"Rates":{"sgd":10,"adam":10,"rmsprop":10,"momentum":10}}`, 200},
	} {
		got, body := ask(t, "POST", url+"/api/"+c.path, c.body, nil)
		if got != c.want {
			t.Errorf("%s %.60s: status %d (%.100s), want %d", c.path, c.body, got, body, c.want)
		}
		if !json.Valid([]byte(body)) {
			t.Errorf("%s %.60s: the reply is not JSON: %.100s", c.path, c.body, body)
		}
	}
	for _, path := range []string{"/server.go", "/assets/main.js", "/words/shell.json", "/views/", "/index.html",
		"/api/playground/follow/none"} {

		got, body := ask(t, "GET", url+path, "", nil)
		if got != 404 && !strings.Contains(body, "event: failed") {
			t.Errorf("%s: status %d (%.100s)", path, got, body)
		}
	}
}

// events follows a stream and returns a function that returns the next event's name and data.
func events(t *testing.T, ctx context.Context, url string) func() (string, []byte) {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, "GET", url, nil)
	if err != nil {
		t.Fatal(err)
	}
	reply, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { reply.Body.Close() })
	if reply.StatusCode != 200 || reply.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s: %s, %s", url, reply.Status, reply.Header.Get("Content-Type"))
	}
	lines := bufio.NewScanner(reply.Body)
	lines.Buffer(nil, 4<<20)
	return func() (name string, data []byte) {
		for lines.Scan() {
			switch line := lines.Bytes(); {
			case bytes.HasPrefix(line, []byte("event: ")):
				name = string(line[7:])
			case bytes.HasPrefix(line, []byte("data: ")):
				return name, bytes.Clone(line[6:])
			}
		}
		return "", nil
	}
}

// TestStreams checks that the number of streams is bounded, and that the end of a stream makes room.
func TestStreams(t *testing.T) {
	s, url := serving(t, Config{})
	for range maxStreams - 1 {
		s.streams <- struct{}{}
	}
	id := openPlayground(t, url, "{}")
	ctx, cancel := context.WithCancel(context.Background())
	next := events(t, ctx, url+"/api/playground/follow/"+id)
	if name, _ := next(); name != "setup" {
		t.Fatalf("the first event is %q", name)
	}
	got, body := ask(t, "GET", url+"/api/playground/follow/"+id, "", nil)
	if got != 503 || !strings.Contains(body, "shell.streams") {
		t.Errorf("one stream more: status %d (%s)", got, body)
	}
	cancel()
	eventually(t, "the stream ends", func() bool { return len(s.streams) == maxStreams-1 })
}

func eventually(t *testing.T, what string, f func() bool) {
	t.Helper()
	for range 1000 {
		if f() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("%s: not after 5 seconds", what)
}

// TestPanic checks that a panic of a handler is an error of that request alone.
func TestPanic(t *testing.T) {
	var faults bytes.Buffer
	s := New(Config{Log: &faults})
	defer s.Close()
	mux := http.NewServeMux()
	r := &routes{s, mux, "/api/test/"}
	r.get("panic", func(*http.Request) (any, error) { panic(fmt.Errorf("broken")) })
	reply := httptest.NewRecorder()
	mux.ServeHTTP(reply, httptest.NewRequest("GET", "/api/test/panic", nil))
	if reply.Code != 500 || !strings.Contains(reply.Body.String(), "broken") {
		t.Errorf("status %d, %s", reply.Code, reply.Body)
	}
	if !strings.Contains(faults.String(), "broken") {
		t.Errorf("the log is %q", &faults)
	}
}

func openPlayground(t *testing.T, url, settings string) string {
	t.Helper()
	status, body := ask(t, "POST", url+"/api/playground/open", settings, nil)
	var reply struct{ ID string }
	if err := json.Unmarshal([]byte(body), &reply); err != nil || status != 200 || reply.ID == "" {
		t.Fatalf("open: status %d, %s", status, body)
	}
	return reply.ID
}

// TestPageURL writes tokens of all characters into the address.
func TestPageURL(t *testing.T) {
	page := pageURL("localhost", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80}, "a b&c#d+é")
	u, err := url.Parse(page)
	if err != nil || u.Query().Get("token") != "a b&c#d+é" {
		t.Errorf("%s: %v", page, err)
	}
}
