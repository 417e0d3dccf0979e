package remoting

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"looksalive/cluster"
)

func TestBasicThatIsNotOfferedIsNoRejection(t *testing.T) {
	s := newRogue(t, true, func(_, _ string, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("WWW-Authenticate", "Negotiate")
		w.WriteHeader(401)
	})
	c := s.client(t, cluster.AuthBasic, nil)
	for range 2 {
		if o := vitals(t, c); o.Reach != cluster.ReachBadAnswer || !strings.Contains(o.Detail, "does not offer Basic") {
			t.Errorf("got %v %s", o.Reach, o.Detail)
		}
	}
	if n := s.count("Create"); n != 2 {
		t.Errorf("it was asked %d times, want 2: nothing keeps us from looking again", n)
	}
}

// With Basic each request carries the password: one that was changed is rejected on
// a connection that was fine before.
func TestBasicRejectedOnAWarmConnection(t *testing.T) {
	var changed atomic.Bool
	var rejections atomic.Int64
	answer := polite("1")
	s := newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
		if changed.Load() {
			rejections.Add(1)
			w.Header().Set("WWW-Authenticate", `Basic realm="WSMAN"`)
			w.WriteHeader(401)
			return
		}
		answer(action, id, w, r)
	})
	c := s.client(t, cluster.AuthBasic, nil)
	if o := vitals(t, c); !o.OK() {
		t.Fatalf("%v %s", o.Reach, o.Detail)
	}
	changed.Store(true)
	for range 5 {
		if o := vitals(t, c); o.Reach != cluster.ReachPassword {
			t.Errorf("got %v %s", o.Reach, o.Detail)
		}
	}
	// The polite end of the session must not repeat it.
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if n := rejections.Load(); n > 2 { // one for each lane, if both were on their way
		t.Errorf("the old password was sent %d times", n)
	}
}
