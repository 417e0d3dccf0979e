package remoting

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"looksalive/cluster"
)

func TestRogueOverTLS(t *testing.T) {
	ok := func(id string, w http.ResponseWriter) { soapAnswer(w, 200, answerTo(id, "")) }
	hold := func(r *http.Request) { <-r.Context().Done() }
	for name, c := range map[string]struct {
		answer func(action, id string, w http.ResponseWriter, r *http.Request)
		change func(*Options)
		want   cluster.Reach
		most   map[string]int // requests by action, at most
	}{
		"401": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) },
			nil, cluster.ReachPassword, map[string]int{"Create": 1},
		},
		"403": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) },
			nil, cluster.ReachNoRights, map[string]int{"Create": 1},
		},
		"redirect": {
			func(_, _ string, w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
			},
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1},
		},
		"half an answer": {
			func(_, id string, w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Length", "10000")
				soapAnswer(w, 200, answerTo(id, "")[:50])
			},
			nil, cluster.ReachReset, map[string]int{"Create": 1},
		},
		"an endless body": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) {
				for {
					if _, err := w.Write(make([]byte, 1<<16)); err != nil {
						return
					}
				}
			},
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1},
		},
		"an answer to another request": {
			func(_, _ string, w http.ResponseWriter, _ *http.Request) { ok("uuid:of-somebody-else", w) },
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1},
		},
		"no shell id": {
			func(_, id string, w http.ResponseWriter, _ *http.Request) { ok(id, w) },
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1, "Command": 0},
		},
		"too many shells": {
			func(_, id string, w http.ResponseWriter, _ *http.Request) {
				soapAnswer(w, 500, answerTo(id, faultBody("2150859173", "QuotaLimit")))
			},
			nil, cluster.ReachBadAnswer, map[string]int{"Create": 1, "Receive": 0},
		},
		"access denied": {
			func(_, id string, w http.ResponseWriter, _ *http.Request) {
				soapAnswer(w, 500, answerTo(id, faultBody("5", "AccessDenied")))
			},
			nil, cluster.ReachNoRights, map[string]int{"Create": 1},
		},
		"a fault on Receive": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 500, answerTo(id, faultBody("2150858843", "InvalidSelectors")))
			}),
			nil, cluster.ReachReset, map[string]int{"Receive": 2, "Send": 1},
		},
		"TimedOut without waiting": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 500, answerTo(id, faultBody("2150858793", "TimedOut")))
			}),
			func(o *Options) { o.Now = func() time.Time { return asked } }, cluster.ReachBadAnswer, map[string]int{"Receive": 1 + maxEmpty, "Send": 1},
		},
		"powershell.exe ends": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 200, answerTo(id, outBody("C", "", "Done")))
			}),
			nil, cluster.ReachReset, map[string]int{"Receive": 2},
		},
		"output of another command": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 200, answerTo(id, outBody("X", pack(1, "ok", "{}"), "Running")))
			}),
			nil, cluster.ReachBadAnswer, map[string]int{"Receive": 2},
		},
		"an endless frame": {
			opened(func(action, id string, n int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				start := map[bool]string{true: "\x1e"}[n == 2]
				soapAnswer(w, 200, answerTo(id, outBody("C", start+strings.Repeat("A", 40000), "Running")))
			}),
			func(o *Options) { o.Limits.Frame = 100000 }, cluster.ReachBadAnswer, map[string]int{"Receive": 4},
		},
		"endless noise": {
			opened(func(action, id string, _ int, w http.ResponseWriter, r *http.Request) {
				if action == "Send" {
					hold(r)
				}
				soapAnswer(w, 200, answerTo(id, outBody("C", "\x1e"+strings.Repeat("A", 40000), "Running")))
			}),
			func(o *Options) { o.Limits.Frame = 100000 }, cluster.ReachBadAnswer, map[string]int{"Receive": 6},
		},
		"an answer that is not the script's": {
			opened(func(action, id string, n int, w http.ResponseWriter, r *http.Request) {
				if action == "Receive" && n == 2 {
					soapAnswer(w, 200, answerTo(id, outBody("C", "noise"+pack(99, "ok", "{}")+pack(1, "ok", `{"UtcNow":"never"}`), "Running")))
					return
				}
				if action == "Receive" {
					hold(r)
				}
				ok(id, w)
			}),
			nil, cluster.ReachBadAnswer, map[string]int{"Send": 1},
		},
		"a script error": {
			opened(func(action, id string, n int, w http.ResponseWriter, r *http.Request) {
				if action == "Receive" && n == 2 {
					soapAnswer(w, 200, answerTo(id, outBody("C", pack(1, "err", `{"Message":"x","Id":"HRESULT 0x8004100e,Get","HResult":-2146233088}`), "Running")))
					return
				}
				if action == "Receive" {
					hold(r)
				}
				ok(id, w)
			}),
			nil, cluster.ReachNotACluster, map[string]int{"Send": 1},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newRogue(t, true, c.answer)
			o := vitals(t, s.client(t, cluster.AuthBasic, c.change))
			if o.Reach != c.want || o.Detail == "" || o.Vitals != nil {
				t.Errorf("got %v %q, want %v", o.Reach, o.Detail, c.want)
			}
			for action, most := range c.most {
				if n := s.count(action); n > most {
					t.Errorf("%d requests %s, want at most %d", n, action, most)
				}
			}
			if strings.Contains(o.Detail, canary) {
				t.Errorf("the password is in %q", o.Detail)
			}
			if strings.HasPrefix(name, "an endless") && !strings.Contains(o.Detail, "larger") {
				t.Errorf("it is not refused for its size: %q", o.Detail)
			}
			if o.Took >= sendLimit { // a Send is held until then; the other lane knew at once
				t.Errorf("it took %v to see that the session was dead", o.Took)
			}
		})
	}
}
