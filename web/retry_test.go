package main

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"looksalive/simulator"
)

// A password that was wrong for a while is tried again when somebody says so, once, and
// not before.
func TestPasswordIsTriedAgain(t *testing.T) {
	l := startLab(t, simulator.Options{Shapes: []simulator.Shape{simulator.PracticeShape()}})
	p := startProduct(t, "-real")
	n := l.of("BRANCH-01")[0]
	post := func(path, contentType, body string) {
		t.Helper()
		res, err := http.Post(p.url+path, contentType, strings.NewReader(body))
		must(t, err)
		res.Body.Close()
		if res.StatusCode >= 300 {
			t.Fatalf("%s: %s", path, res.Status)
		}
	}
	form := func(path string) {
		t.Helper()
		post(path, "application/x-www-form-urlencoded", url.Values{}.Encode())
	}
	reach := func(want string) {
		t.Helper()
		eventually(t, "the reach "+want, func() bool {
			return get[struct {
				Contact struct{ Reach string } `json:"contact"`
			}](p, "/api/v1/nodes/BRANCH-01/"+n.Node).Contact.Reach == want
		})
	}
	right := n.Password
	must(t, l.SetPassword(n.User, "another one for a while"))
	post("/api/v1/settings/clusters/BRANCH-01", "application/json", fmt.Sprintf(
		`{"name":"BRANCH-01","nodes":[{"name":%q,"address":%q}],"access":{"transport":"http","auth":"ntlm","read":{"user":%q,"password":%q}}}`,
		n.Node, host(t, n.HTTP), n.User, right))
	reach("wrong user name or password")
	form("/settings/clusters/BRANCH-01/nodes/" + n.Node + "/retry")
	eventually(t, "the second attempt", func() bool { return l.FailedSignIns(n.Node) == 2 })
	must(t, l.SetPassword(n.User, right))
	form("/settings/clusters/BRANCH-01/retry")
	reach("ok")
	if failed := l.FailedSignIns(n.Node); failed != 2 {
		t.Errorf("%d failed sign-ins, want 2", failed)
	}
}
