package remoting

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"looksalive/cluster"
)

// shellXML is a shell as Windows lists it.
func shellXML(id, name, age string) string {
	return `<rsp:Shell xmlns:rsp="http://schemas.microsoft.com/wbem/wsman/1/windows/shell"><rsp:ShellId>` + id + `</rsp:ShellId><rsp:Name>` + name +
		`</rsp:Name><rsp:ResourceUri>` + cmdURI + `</rsp:ResourceUri><rsp:Owner>CORP\u</rsp:Owner><rsp:ShellRunTime>` + age + `</rsp:ShellRunTime></rsp:Shell>`
}

func TestLeftoversAreDeletedOnce(t *testing.T) {
	ours.add("MINE")
	t.Cleanup(func() { ours.remove("MINE") })
	const name = "LooksAlive 0b6c"
	pages := []string{
		shellXML("OLD-1", name, "P0DT1H2M3S") + shellXML("OTHER-1", "LooksAlive ffff", "P1DT0H0M0S") + shellXML("OTHER-2", "LooksAlive", "P1DT0H0M0S"),
		shellXML("mine", name, "P1DT0H0M0S") + shellXML("YOUNG", name, "P0DT0H0M5S") + shellXML("PREFIX", name+"1", "P1DT0H0M0S") +
			shellXML("CASE", strings.ToUpper(name), "P1DT0H0M0S") + shellXML("&lt;evil/&gt;", name, "P0DT3H0M0S") +
			strings.Replace(shellXML("RUNSPACE", name, "P1DT0H0M0S"), cmdURI, "http://schemas.microsoft.com/powershell/Microsoft.PowerShell", 1),
	}
	calm := polite("1")
	var mu sync.Mutex
	var deleted []string
	listed := 0
	selector := regexp.MustCompile(`<w:Selector Name="ShellId">([^<]*)<`)
	s := newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		switch action {
		case "Enumerate", "Pull":
			next := "<n:EndOfSequence/>"
			if action == "Enumerate" {
				listed, next = 0, "<n:EnumerationContext>uuid:&lt;7&gt;</n:EnumerationContext>"
			} else if !strings.Contains(string(body), "uuid:&lt;7&gt;") {
				t.Errorf("Pull does not name the enumeration: %s", body)
			}
			soapAnswer(w, 200, answerTo(id, `<n:Response xmlns:n="n"><w:Items>`+pages[listed]+`</w:Items>`+next+`</n:Response>`))
			listed++
			return
		case "Delete":
			deleted = append(deleted, string(selector.FindSubmatch(body)[1]))
		case "Create":
			if !strings.Contains(string(body), "<rsp:Name>"+name+"</rsp:Name>") {
				t.Errorf("the shell is not named: %s", body)
			}
		}
		mu.Unlock()
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		calm(action, id, w, r)
		mu.Lock()
	})
	at := asked
	c := s.client(t, cluster.AuthBasic, func(o *Options) {
		o.Installation = "0b6c"
		o.Now = func() time.Time { mu.Lock(); defer mu.Unlock(); return at }
	})
	mu.Lock()
	at = at.Add(time.Minute) // it runs that long
	mu.Unlock()
	for range 2 {
		if o := vitals(t, c); !o.OK() {
			t.Fatalf("%v %s", o.Reach, o.Detail)
		}
		p := c.peer("c", "n1")
		p.mu.Lock()
		p.sess.leave() // as if it were lost
		p.sess.fail(errClosed)
		p.mu.Unlock()
	}
	mu.Lock()
	defer mu.Unlock()
	// The sessions' own shells are deleted, too, at some time.
	if got := slices.DeleteFunc(slices.Clone(deleted), func(id string) bool { return id == "S" }); !slices.Equal(got, []string{"OLD-1", "&lt;evil/&gt;"}) {
		t.Errorf("deleted %q", got)
	}
	if n := s.count("Enumerate"); n != 1 {
		t.Errorf("shells were listed %d times", n)
	}
}

func TestNodeThatDoesNotListShellsIsAskedAllTheSame(t *testing.T) {
	for _, code := range []string{"5", "2150858752", "x"} {
		calm := polite("1")
		s := newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
			if action == "Enumerate" {
				soapAnswer(w, 500, answerTo(id, faultBody(code, "AccessDenied")))
				return
			}
			calm(action, id, w, r)
		})
		c := s.client(t, cluster.AuthBasic, func(o *Options) { o.Installation = "0b6c" })
		if o := vitals(t, c); !o.OK() || s.count("Enumerate") != 1 {
			t.Errorf("%v %s after %d listings", o.Reach, o.Detail, s.count("Enumerate"))
		}
	}
}

func TestEndlessListOfShells(t *testing.T) {
	calm := polite("1")
	s := newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
		if action == "Enumerate" || action == "Pull" {
			soapAnswer(w, 200, answerTo(id, `<n:EnumerationContext>uuid:1</n:EnumerationContext>`+strings.Repeat(shellXML("X", "LooksAlive", "PT1S"), 50)))
			return
		}
		calm(action, id, w, r)
	})
	c := s.client(t, cluster.AuthBasic, func(o *Options) { o.Installation = "0b6c" })
	if o := vitals(t, c); !o.OK() || s.count("Enumerate")+s.count("Pull") != sweepPages {
		t.Errorf("%v %s after %d pages", o.Reach, o.Detail, s.count("Pull"))
	}
}

func TestParseAge(t *testing.T) {
	for in, want := range map[string]time.Duration{
		"P0DT1H2M3S": time.Hour + 2*time.Minute + 3*time.Second, "P2DT0H0M0S": 48 * time.Hour, "PT5S": 5 * time.Second,
		"P1D": 24 * time.Hour, "PT0.5S": 500 * time.Millisecond,
	} {
		if got, ok := parseAge(in); !ok || got != want {
			t.Errorf("%s: %v %v", in, got, ok)
		}
	}
	for _, bad := range []string{"", "P", "5S", "PT", "P-1D", "PT-5S", "P1DT1MS", "P99999999999D", "P1M", "PTNaNS", fmt.Sprintf("PT%d%dS", 1<<62, 1<<62)} {
		if got, ok := parseAge(bad); ok {
			t.Errorf("%s is taken for %v", bad, got)
		}
	}
}
