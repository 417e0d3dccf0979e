package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"looksalive/simulator"
)

// forms are the ways a secret could be written down.
func forms(secret string) map[string]string {
	wide := make([]byte, 0, 2*len(secret))
	for _, u := range utf16.Encode([]rune(secret)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	return map[string]string{
		"plain": secret, "UTF-16": string(wide), "base64": base64.StdEncoding.EncodeToString([]byte(secret)),
		"base64 of UTF-16": base64.StdEncoding.EncodeToString(wide), "hexadecimal": hex.EncodeToString([]byte(secret)),
	}
}

// The password of a cluster works, and is found nowhere: not in the data directory,
// the log, an answer, a page, an error, the arguments or the environment of the
// program. Nor is the one that was replaced, nor one that was wrong.
func TestPasswordsAreNowhere(t *testing.T) {
	l := startLab(t, simulator.Options{Shapes: []simulator.Shape{simulator.PracticeShape()}})
	nodes := l.of("BRANCH-01")
	dir, logFile := t.TempDir(), filepath.Join(t.TempDir(), "log")
	stderr, err := os.Create(logFile)
	must(t, err)
	defer stderr.Close()
	p := startChildTo(t, stderr, "-real", "-addr", "127.0.0.1:0", "-data", dir, "-log", "debug")
	base := p.url(t)
	secrets := map[string]string{"right": nodes[0].Password, "wrong": "canary-wrong-7QX", "new": "canary-new-9ZL"}

	var answers bytes.Buffer // all the product ever said
	ask := func(method, path string, body any) int {
		t.Helper()
		var b []byte
		if body != nil {
			b, err = json.Marshal(body)
			must(t, err)
		}
		req, err := http.NewRequest(method, base+path, bytes.NewReader(b))
		must(t, err)
		if body != nil {
			req.Header.Set("Content-Type", "application/json")
		}
		res, err := http.DefaultClient.Do(req)
		must(t, err)
		defer res.Body.Close()
		for name, values := range res.Header {
			fmt.Fprintln(&answers, name, values)
		}
		_, err = io.Copy(&answers, res.Body)
		must(t, err)
		return res.StatusCode
	}
	cluster := func(password string) map[string]any {
		list := []map[string]any{}
		for _, n := range nodes {
			list = append(list, map[string]any{"name": n.Node, "address": host(t, n.HTTP)})
		}
		return map[string]any{"name": "BRANCH-01", "nodes": list, "access": map[string]any{
			"transport": "http", "auth": "ntlm", "trust": "system", "read": map[string]any{"user": nodes[0].User, "password": password},
		}}
	}
	reach := func(want string) {
		t.Helper()
		eventually(t, "the reach "+want, func() bool {
			n := getFrom[struct {
				Contact struct{ Reach string } `json:"contact"`
			}](t, base+"/api/v1/nodes/BRANCH-01/"+nodes[0].Node)
			return n.Contact.Reach == want
		})
	}
	const settings = "/api/v1/settings/clusters"
	ask(http.MethodPost, settings+"/check", cluster(secrets["wrong"]))
	if code := ask(http.MethodPost, settings+"/BRANCH-01", cluster(secrets["wrong"])); code >= 300 {
		t.Fatalf("adding: status %d\n%s", code, answers.String())
	}
	reach("wrong user name or password")
	if code := ask(http.MethodPut, settings+"/BRANCH-01", cluster(secrets["right"])); code >= 300 {
		t.Fatalf("changing: status %d", code)
	}
	reach("ok")
	must(t, l.SetPassword(nodes[0].User, secrets["new"]))
	if code := ask(http.MethodPut, settings+"/BRANCH-01", cluster(secrets["new"])); code >= 300 {
		t.Fatalf("changing again: status %d", code)
	}
	reach("ok")
	ask(http.MethodPut, settings+"/BRANCH-01", map[string]any{"name": "", "access": map[string]any{"read": map[string]any{"password": secrets["new"], "user": 7}}})
	ask(http.MethodPut, settings+"/nowhere", cluster(secrets["new"]))
	ask(http.MethodPost, settings+"/BRANCH-01", cluster(secrets["new"]))
	for _, path := range []string{
		"/", "/clusters", "/nodes", "/faults", "/wall", "/c/BRANCH-01", "/c/BRANCH-01/nodes/" + nodes[0].Node, "/nodes.csv", "/search.json",
		"/settings/clusters", "/settings/clusters/BRANCH-01/edit", "/settings/clusters/new", "/api/v1/clusters", "/api/v1/clusters/BRANCH-01",
		"/api/v1/nodes", "/api/v1/faults", settings, "/healthz", "/readyz", "/no-such-page",
	} {
		ask(http.MethodGet, path, nil)
	}

	search := func(where string, b []byte) {
		t.Helper()
		for which, secret := range secrets {
			for form, text := range forms(secret) {
				if bytes.Contains(b, []byte(text)) {
					t.Errorf("the %s password is in %s, as %s", which, where, form)
				}
			}
		}
	}
	read := func(path string) []byte {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Logf("%s: %v", path, err) // not every system has it
		}
		return b
	}
	search("the arguments", read(fmt.Sprintf("/proc/%d/cmdline", p.cmd.Process.Pid)))
	search("the environment", read(fmt.Sprintf("/proc/%d/environ", p.cmd.Process.Pid)))
	files := func(when string) {
		seen := 0
		must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err == nil && d.Type().IsRegular() {
				seen++
				search(filepath.Base(path)+" "+when, read(path))
			}
			return err
		}))
		if seen == 0 {
			t.Fatal("no files")
		}
	}
	files("while it runs")
	p.end()
	files("afterwards")
	search("the log", read(logFile))
	search("an answer", answers.Bytes())
	if !strings.Contains(answers.String(), "BRANCH-01") || len(read(logFile)) == 0 {
		t.Error("nothing was searched")
	}
}
