package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// product is the whole program running inside the test, over simulated
// clusters that only do what the test asks for.
type product struct {
	t       testing.TB
	url     string // of the dashboard
	control string // of the simulator
	said    string // all it printed at the start
	stop    func() // ends it in order and waits
}

// output collects what the program prints.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

var bannerForm = regexp.MustCompile(`(?m)^LooksAlive is at (http://\S+)(?: \(simulated clusters; break something at (http://[^)]+)\))?$`)

// startProduct runs the program with these arguments beside an address the
// system picks and a data directory of its own.
func startProduct(t testing.TB, args ...string) *product {
	t.Helper()
	return startProductIn(t, t.TempDir(), args...)
}

func startProductIn(t testing.TB, dir string, args ...string) *product {
	t.Helper()
	p := startProductWith(t, dir, os.Getenv, args...)
	signIn(t, p.url)
	return p
}

// startProductWith leaves the sign-in to the test.
func startProductWith(t testing.TB, dir string, getenv func(string) string, args ...string) *product {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	var stderr output
	pr, pw := io.Pipe()
	done := make(chan error, 1)
	go func() {
		full := append([]string{"-addr", "127.0.0.1:0", "-data", dir, "-story=false"}, args...)
		done <- run(ctx, full, getenv, pw, &stderr)
		pw.Close()
	}()
	p := &product{t: t}
	p.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("the program ended with: %v\n%s", err, stderr.String())
		}
	})
	line := make([]byte, 4096)
	n, err := pr.Read(line)
	banner, _, _ := strings.Cut(string(line[:n]), "\n")
	m := bannerForm.FindStringSubmatch(banner)
	if m == nil {
		cancel()
		t.Fatalf("no banner but %q (%v); it ended with %v\n%s", line[:n], err, <-done, stderr.String())
	}
	go io.Copy(io.Discard, pr)
	p.url, p.control, p.said = m[1], strings.TrimRight(m[2], "/"), string(line[:n])
	t.Cleanup(p.stop)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of the program:\n%s", stderr.String())
		}
	})
	return p
}

// testToken is the LOOKSALIVE_API_TOKEN of the programs of the tests.
const testToken = "a-long-token-of-the-tests"

// tester is the administrator the tests sign in as.
const tester, testerPassword = "tester", "a password of the tests"

// signIn makes the tester an account, unless it has one, and signs http.DefaultClient in.
func signIn(t testing.TB, base string) {
	t.Helper()
	if code := addAccount(t, base, tester, "administrator"); code != http.StatusCreated && code != http.StatusConflict {
		t.Fatalf("making an account: status %d", code)
	}
	res, err := http.PostForm(base+"/sign-in", url.Values{"user": {tester}, "password": {testerPassword}})
	must(t, err)
	defer res.Body.Close()
	if b, _ := io.ReadAll(res.Body); res.StatusCode != http.StatusOK || strings.HasPrefix(res.Request.URL.Path, "/sign-in") {
		t.Fatalf("signing in: %s at %s\n%.2000s", res.Status, res.Request.URL, b)
	}
}

// addAccount makes an account with the tester's password.
func addAccount(t testing.TB, base, name, role string) (status int) {
	t.Helper()
	body, err := json.Marshal(map[string]string{"name": name, "password": testerPassword, "role": role})
	must(t, err)
	req, err := http.NewRequest(http.MethodPost, base+"/api/v1/accounts", bytes.NewReader(body))
	must(t, err)
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", "Bearer "+testToken)
	res, err := http.DefaultClient.Do(req)
	must(t, err)
	res.Body.Close()
	return res.StatusCode
}

// inject breaks something in the simulation and gives the way to undo it.
// params are pairs of a name and a value.
func (p *product) inject(kind, cluster, target string, params ...any) (clear func()) {
	p.t.Helper()
	request := map[string]any{"kind": kind, "cluster": cluster, "target": target}
	for i := 0; i < len(params); i += 2 {
		request[params[i].(string)] = params[i+1]
	}
	body, _ := json.Marshal(request)
	res, err := http.Post(p.control+"/faults", "application/json", bytes.NewReader(body))
	must(p.t, err)
	defer res.Body.Close()
	answer, _ := io.ReadAll(res.Body)
	var made struct{ ID string }
	if err := json.Unmarshal(answer, &made); err != nil || res.StatusCode != http.StatusCreated {
		p.t.Fatalf("injecting %s: %s %s", body, res.Status, answer)
	}
	return func() {
		p.t.Helper()
		req, _ := http.NewRequest(http.MethodDelete, p.control+"/faults/"+made.ID, nil)
		res, err := http.DefaultClient.Do(req)
		must(p.t, err)
		res.Body.Close()
		if res.StatusCode != http.StatusNoContent {
			p.t.Fatalf("clearing %s: %s", made.ID, res.Status)
		}
	}
}

// get asks the dashboard and decodes the JSON.
func get[T any](p *product, path string) T {
	p.t.Helper()
	return getFrom[T](p.t, p.url+path)
}

func getFrom[T any](t testing.TB, url string) T {
	t.Helper()
	res, err := http.Get(url)
	must(t, err)
	defer res.Body.Close()
	b, err := io.ReadAll(res.Body)
	must(t, err)
	var v T
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatalf("%s: %s: %v\n%s", url, res.Status, err, b)
	}
	return v
}

// eventually asks again until the answer is right; only tests of what happens
// in its own time need it.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-deadline.C:
			t.Fatalf("waited in vain for %s", what)
		case <-again.C:
		}
	}
}
