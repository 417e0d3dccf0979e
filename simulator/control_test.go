package simulator

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"
)

func request(t *testing.T, s *Simulator, method, path, body string, header ...string) (*http.Response, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.ControlURL()+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
		if header[i] == "Host" {
			r.Host = header[i+1]
		}
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	b, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(b)
}

func TestControl(t *testing.T) {
	s, clock := startTest(t, Options{Control: true})
	var kinds []Kind
	if _, text := request(t, s, "GET", "/kinds", ""); json.Unmarshal([]byte(text), &kinds) != nil || len(kinds) != 23 {
		t.Errorf("%d kinds: %.100s", len(kinds), text)
	}
	answer, text := request(t, s, "POST", "/faults", `{"kind":"node-down","cluster":"EU-PROD-HCI01","target":"HV-FRA-02"}`)
	var made struct{ ID string }
	if json.Unmarshal([]byte(text), &made) != nil || answer.StatusCode != 201 || made.ID == "" {
		t.Fatalf("%d %s", answer.StatusCode, text)
	}
	clock.spend(s, 30*time.Second)
	var state struct {
		Simulated bool
		Clusters  []struct {
			Name  string
			Nodes []struct{ Name, State, WinRM string }
			Roles []struct{ Name, Owner, State string }
		}
		Faults []Fault
	}
	if _, text = request(t, s, "GET", "/state", ""); json.Unmarshal([]byte(text), &state) != nil {
		t.Fatal(text)
	}
	if n := state.Clusters[0].Nodes[1]; !state.Simulated || n.State != "Down" || n.WinRM != "refused" || len(state.Faults) != 1 || state.Faults[0].ID != made.ID {
		t.Errorf("node %+v, faults %+v", n, state.Faults)
	}
	if answer, _ = request(t, s, "DELETE", "/faults/"+made.ID, ""); answer.StatusCode != 204 {
		t.Errorf("DELETE: %d", answer.StatusCode)
	}
	clock.spend(s, time.Minute)
	if got := s.state().Clusters[0].Nodes[1].State.String(); got != "Up" {
		t.Errorf("cleared, the node is %s", got)
	}
	for _, path := range []string{"/", "/control.js", "/control.css"} {
		answer, text := request(t, s, "GET", path, "")
		if csp := answer.Header.Get("Content-Security-Policy"); answer.StatusCode != 200 || !strings.HasPrefix(csp, "default-src 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: %d, %s", path, answer.StatusCode, csp)
		}
		if path == "/" && (!strings.Contains(text, "Simulated") || strings.Contains(text, "style=") || strings.Contains(text, "onclick")) {
			t.Error("the page hides that it is simulated, or breaks its own policy")
		}
	}
}

func TestControlRefuses(t *testing.T) {
	s, _ := startTest(t, Options{Control: true})
	const fault = `{"kind":"clock-skew","cluster":"EU-PROD-HCI01","target":"HV-FRA-02"}`
	tests := []struct {
		what, method, path, body string
		header                   []string
		code                     int
	}{
		{"foreign host", "GET", "/state", "", []string{"Host", "evil.example"}, 421},
		{"foreign origin", "POST", "/faults", fault, []string{"Origin", "https://evil.example"}, 403},
		{"null origin", "POST", "/faults", fault, []string{"Origin", "null"}, 403},
		{"foreign site", "POST", "/faults", fault, []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"foreign site reads", "GET", "/state", "", []string{"Sec-Fetch-Site", "cross-site"}, 403},
		{"a form", "POST", "/faults", fault, []string{"Content-Type", "text/plain"}, 415},
		{"no JSON", "POST", "/faults", "{", nil, 400},
		{"wrong type", "POST", "/faults", `{"kind":7}`, nil, 400},
		{"unknown kind", "POST", "/faults", `{"kind":"flood","cluster":"EU-SQL-FC01"}`, nil, 422},
		{"unknown cluster", "POST", "/faults", `{"kind":"node-down","cluster":"NOPE"}`, nil, 404},
		{"unknown fault", "DELETE", "/faults/f99", "", nil, 404},
		{"unknown page", "GET", "/nothing", "", nil, 404},
	}
	for _, tt := range tests {
		answer, text := request(t, s, tt.method, tt.path, tt.body, tt.header...)
		if answer.StatusCode != tt.code || answer.Header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s, want %d: %s", tt.what, answer.StatusCode, answer.Header.Get("Content-Type"), tt.code, text)
		}
	}
	if faults := s.state().Faults; len(faults) != 0 {
		t.Errorf("a refused request injected %+v", faults)
	}
	if answer, text := request(t, s, "POST", "/faults", fault, "Origin", s.ControlURL(), "Sec-Fetch-Site", "same-origin"); answer.StatusCode != 201 {
		t.Errorf("the page itself: %d %s", answer.StatusCode, text)
	}
}
