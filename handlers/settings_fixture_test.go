package handlers

import (
	"bytes"
	"context"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"looksalive/cluster"
)

// canary is a password that must not be seen anywhere.
const canary = "Tr0ub4dor&3-canary"

// memoryFleet is a Fleet in memory that follows the rules of the real one. check
// says what a check finds.
type memoryFleet struct {
	mu      sync.Mutex
	defs    map[string]cluster.Definition
	removed []string
	retried []string
	asked   []cluster.Definition // given to Check
	check   func(ctx context.Context, d cluster.Definition, tell func(cluster.Check)) cluster.Check
	saved   func(d cluster.Definition) // called under no lock after Save
	now     func() time.Time
}

func newMemoryFleet(defs ...cluster.Definition) *memoryFleet {
	f := &memoryFleet{defs: map[string]cluster.Definition{}, now: func() time.Time { return start }, saved: func(cluster.Definition) {}}
	f.check = func(_ context.Context, d cluster.Definition, tell func(cluster.Check)) cluster.Check {
		c := healthyCheck(d, "CLU-1", "HV-01", "HV-02")
		tell(cluster.Check{Nodes: c.Nodes[:1]})
		return c
	}
	for _, d := range defs {
		f.defs[d.Name] = d
	}
	return f
}

func (f *memoryFleet) Definitions() []cluster.Definition {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []cluster.Definition
	for _, d := range f.defs {
		out = append(out, d)
	}
	slices.SortFunc(out, func(a, b cluster.Definition) int { return strings.Compare(a.Name, b.Name) })
	return out
}

func (f *memoryFleet) Check(ctx context.Context, d cluster.Definition, tell func(cluster.Check)) cluster.Check {
	f.mu.Lock()
	f.asked = append(f.asked, d)
	f.mu.Unlock()
	return f.check(ctx, d, tell)
}

func (f *memoryFleet) Save(_ context.Context, was string, d cluster.Definition) error {
	f.mu.Lock()
	switch {
	case was != "" && f.defs[was].Name == "":
		f.mu.Unlock()
		return cluster.ErrNotFound
	case was != "" && f.defs[was].Fixed:
		f.mu.Unlock()
		return cluster.ErrFixed
	}
	for name := range f.defs {
		if strings.EqualFold(name, d.Name) && name != was {
			f.mu.Unlock()
			return cluster.ErrExists
		}
	}
	delete(f.defs, was)
	d.Changed = d.Changed.Add(time.Second)
	f.defs[d.Name] = d
	f.mu.Unlock()
	f.saved(d)
	return nil
}

func (f *memoryFleet) Pause(_ context.Context, name, node string, paused bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.defs[name]
	if !ok {
		return cluster.ErrNotFound
	}
	d.Nodes = slices.Clone(d.Nodes)
	if node == "" {
		d.Paused = paused
	} else if n := d.Node(node); n != nil {
		n.Paused = paused
	} else {
		return cluster.ErrNotFound
	}
	f.defs[name] = d
	return nil
}

func (f *memoryFleet) Retry(_ context.Context, name, node string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.defs[name].Paused {
		return cluster.Problems{"It is paused."}
	}
	f.retried = append(f.retried, name+"/"+node)
	return nil
}

func (f *memoryFleet) Remove(_ context.Context, name, node string, keep bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d, ok := f.defs[name]
	if !ok {
		return cluster.ErrNotFound
	}
	f.removed = append(f.removed, strings.Join([]string{name, node, map[bool]string{true: "kept", false: "dropped"}[keep]}, "/"))
	if node == "" {
		delete(f.defs, name)
		return nil
	}
	d.Nodes = slices.DeleteFunc(slices.Clone(d.Nodes), func(n cluster.NodeDefinition) bool { return n.Name == node })
	f.defs[name] = d
	return nil
}

// lastAsked is what the last check was made with.
func (f *memoryFleet) lastAsked() cluster.Definition {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.asked) == 0 {
		return cluster.Definition{}
	}
	return f.asked[len(f.asked)-1]
}

func steps(state cluster.StepState, kinds ...cluster.StepKind) []cluster.CheckStep {
	var out []cluster.CheckStep
	for _, k := range kinds {
		out = append(out, cluster.CheckStep{Kind: k, State: state, Title: "Step " + string(k), Detail: "As it should be.", Took: 3 * time.Millisecond})
	}
	return out
}

// healthyCheck is a check in which everything works. The nodes of the definition
// are the first of members.
func healthyCheck(d cluster.Definition, name string, members ...string) cluster.Check {
	c := cluster.Check{Cluster: name, Done: true}
	for i, m := range members {
		address := strings.ToLower(m) + ".example.net"
		if i < len(d.Nodes) {
			address = where(d.Nodes[i])
		}
		c.Nodes = append(c.Nodes, cluster.NodeCheck{Name: m, Address: address, Mode: cluster.ModeLoop, Steps: steps(cluster.StepOK, cluster.StepName, cluster.StepPort, cluster.StepSignIn)})
		c.Found = append(c.Found, cluster.FoundNode{Name: m, Address: address, State: cluster.NodeUp})
	}
	return c
}

// stored is a definition with secrets in all places.
func stored(name string) cluster.Definition {
	return cluster.Definition{Name: name, Changed: start, Access: cluster.Access{
		Auth: cluster.AuthNTLM, Read: cluster.Identity{User: `EXAMPLE\reader`, Password: cluster.NewSecret(canary)},
		Act: &cluster.Identity{User: `EXAMPLE\actor`, Password: cluster.NewSecret(canary + "-act")},
	}, Nodes: []cluster.NodeDefinition{
		{Name: "HV-01", Address: "hv-01.example.net"},
		{Name: "HV-02", Address: "hv-02.example.net", Paused: true, Access: &cluster.Access{Transport: cluster.TransportHTTP, Auth: cluster.AuthKerberos,
			Read: cluster.Identity{User: "own@EXAMPLE.NET", Keytab: cluster.NewSecret("\x05\x02" + canary)}}},
	}}
}

// send posts a form as a page of ours would.
func (f *fixture) send(target string, form url.Values, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.post(target, "application/x-www-form-urlencoded", []byte(form.Encode()), header...)
}

func (f *fixture) post(target, kind string, body []byte, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	return f.request(http.MethodPost, target, kind, body, header...)
}

func (f *fixture) request(method, target, kind string, body []byte, header ...string) *httptest.ResponseRecorder {
	f.t.Helper()
	r := httptest.NewRequest(method, target, bytes.NewReader(body))
	r.Host = "127.0.0.1:8686"
	r.Header.Set("Content-Type", kind)
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	f.asked(r)
	w := httptest.NewRecorder()
	f.app.ServeHTTP(w, r)
	return w
}

// upload posts a form with files.
func (f *fixture) upload(target string, form url.Values, files map[string]string) *httptest.ResponseRecorder {
	f.t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for name, values := range form {
		for _, v := range values {
			if err := m.WriteField(name, v); err != nil {
				f.t.Fatal(err)
			}
		}
	}
	for name, content := range files {
		part, err := m.CreateFormFile(name, name+".bin")
		if err != nil {
			f.t.Fatal(err)
		}
		if _, err := part.Write([]byte(content)); err != nil {
			f.t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		f.t.Fatal(err)
	}
	return f.post(target, m.FormDataContentType(), b.Bytes())
}

// newSettings is a fixture over a fleet.
func newSettings(t *testing.T, fleet *memoryFleet, change func(*Options)) *fixture {
	t.Helper()
	return newFixture(t, func(o *Options) {
		o.Fleet = fleet
		if change != nil {
			change(o)
		}
	})
}

// settled waits until no check runs any more.
func (f *fixture) settled() {
	f.t.Helper()
	f.app.drafts.wg.Wait()
}

// diffDefinitions compares with the secrets, which it does not print.
func diffDefinitions(want, got cluster.Definition) string {
	return cmp.Diff(want, got, cmp.Comparer(func(a, b cluster.Secret) bool { return a.Reveal() == b.Reveal() }))
}
