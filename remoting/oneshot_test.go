package remoting

import (
	"encoding/base64"
	"encoding/json"
	"errors"
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
	"looksalive/remoting/scripts"
)

// processNode is a node where the loop does not start and a process for each question
// does. It answers what the test says.
type processNode struct {
	*rogue
	mu      sync.Mutex
	loop    string                                      // what the loop writes to standard error
	forbid  bool                                        // Command is refused when it is the loop
	answer  func(q scripts.ProcessRequest) (out string) // of a process
	stdin   map[string]string                           // by command
	asked   []scripts.ProcessRequest                    // trials left out
	running map[string]bool                             // commands that were not terminated
	loops   int                                         // how often the loop was started
	started int                                         // commands
	mode    string
}

var (
	lineOf    = regexp.MustCompile(`<rsp:Command>([^<]*)<`)
	commandOf = regexp.MustCompile(`CommandId="([^"]*)"`)
	endOf     = regexp.MustCompile(` End="true"`)
)

// writes is what process.ps1 writes for an answer.
func writes(id, text string) string {
	var ascii strings.Builder
	for _, r := range text {
		if r > ' ' && r <= '~' {
			ascii.WriteRune(r)
			continue
		}
		fmt.Fprintf(&ascii, `\u%04x`, r) // tests use the first plane only
	}
	all := fmt.Sprintf("<<LA1:%s:%d:%s:%s:LA1>>", id, ascii.Len(), ascii.String(), id)
	var lines strings.Builder
	for part := range slices.Chunk([]byte(all), 76) {
		lines.Write(append(part, "\r\n"...))
	}
	return lines.String()
}

func newProcessNode(t *testing.T) *processNode {
	n := &processNode{loop: "#< CLIXML\r\n<Objs Version=\"1.1.0.1\" xmlns=\"x\"><S S=\"Error\">Cannot invoke method._x000D__x000A_</S></Objs>",
		mode: "ConstrainedLanguage", stdin: map[string]string{}, running: map[string]bool{}}
	n.rogue = newRogue(t, true, func(action, id string, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		exec := ""
		if m := commandOf.FindSubmatch(body); m != nil {
			exec = string(m[1])
		}
		n.mu.Lock()
		defer n.mu.Unlock()
		switch action {
		case "Create":
			soapAnswer(w, 200, answerTo(id, `<rsp:ShellId>S</rsp:ShellId>`))
		case "Command":
			kind := "P"
			if strings.Contains(string(lineOf.FindSubmatch(body)[1]), "-EncodedCommand") {
				kind = "L"
			}
			if kind == "L" && n.forbid {
				soapAnswer(w, 500, answerTo(id, faultBody("5", "AccessDenied")))
				return
			}
			n.started++
			exec := fmt.Sprint(kind, n.started)
			if kind == "L" {
				n.loops++
			}
			n.running[exec] = true
			soapAnswer(w, 200, answerTo(id, `<rsp:CommandId>`+exec+`</rsp:CommandId>`))
		case "Send":
			data, _ := base64.StdEncoding.DecodeString(string(stdinOf.FindSubmatch(body)[1]))
			n.stdin[exec] += string(data)
			if !endOf.Match(body) && len(data) != inputPart {
				t.Errorf("standard input of %s is not closed", exec)
			}
			soapAnswer(w, 200, answerTo(id, ""))
		case "Receive":
			if strings.HasPrefix(exec, "L") {
				soapAnswer(w, 200, answerTo(id, strings.ReplaceAll(outBody(exec, n.loop, "Done"), `"stdout"`, `"stderr"`)))
				return
			}
			q, ok := scripts.ParseProcessInput(n.stdin[exec])
			if !ok {
				t.Errorf("the input of %s is not understood: %q", exec, n.stdin[exec])
			}
			out := writes(q.ID, `{"Status":"ok","Value":{},"Kept":null,"Mode":"`+n.mode+`","PSVersion":"5.1"}`)
			if q.Script != trial {
				n.asked = append(n.asked, q)
				out = n.answer(q)
			}
			soapAnswer(w, 200, answerTo(id, outBody(exec, out, "Done")))
		case "Signal":
			delete(n.running, exec)
			soapAnswer(w, 200, answerTo(id, ""))
		default:
			soapAnswer(w, 200, answerTo(id, ""))
		}
	})
	n.answer = func(q scripts.ProcessRequest) string {
		return writes(q.ID, `{"Status":"ok","Value":{"UtcNow":"2026-01-01T00:00:00Z","IsClusterNode":true,"CpuPercent":7,"Services":[{"Name":"Dienst für Ümläute 集群"}]},"Kept":{"Hz":1},"Mode":"`+n.mode+`"}`)
	}
	return n
}

func TestProcessPerQuestion(t *testing.T) {
	n := newProcessNode(t)
	c := n.client(t, cluster.AuthBasic, nil)
	for i := range 3 {
		o := vitals(t, c)
		if !o.OK() || o.Mode != cluster.ModeProcess || !strings.Contains(o.Detail, "constrained language") || o.Vitals.CPU != 7 || o.Vitals.Services[0].Name != "Dienst für Ümläute 集群" {
			t.Fatalf("question %d: %v %v %q %+v", i, o.Reach, o.Mode, o.Detail, o.Vitals)
		}
	}
	n.mu.Lock()
	var args scripts.VitalsArgs
	for i, q := range n.asked {
		if err := json.Unmarshal(q.Args, &args); err != nil || !slices.Equal(args.Services, WatchedServices) || q.Script != scripts.Vitals.Text {
			t.Errorf("question %d was asked with %s: %v", i, q.Args, err)
		}
		if want := map[bool]string{true: `{"Hz":1}`}[i > 0]; string(q.Kept) != want {
			t.Errorf("question %d got back %s, want %s", i, q.Kept, want)
		}
	}
	n.mu.Unlock()
	c.work.Wait()
	if creates, deletes := n.count("Create"), n.count("Delete"); creates != 2 || deletes != 1 {
		t.Errorf("%d shells opened and %d deleted, want one for the loop, deleted, and one for processes", creates, deletes)
	}
	if err := c.Close(t.Context()); err != nil {
		t.Error(err)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if len(n.running) > 0 {
		t.Errorf("%v were not terminated", n.running)
	}
}

func TestLoopIsTriedAgainAfterSomeHours(t *testing.T) {
	n := newProcessNode(t)
	at := asked
	c := n.client(t, cluster.AuthBasic, func(o *Options) { o.Now = func() time.Time { return at } })
	if o := vitals(t, c); o.Mode != cluster.ModeProcess {
		t.Fatalf("%v %v %s", o.Mode, o.Reach, o.Detail)
	}
	loops := func() int {
		n.mu.Lock()
		defer n.mu.Unlock()
		return n.loops
	}
	p := c.peer("c", "n1")
	p.mu.Lock()
	p.drop(p.sess) // lost for some reason
	p.mu.Unlock()
	if o := vitals(t, c); o.Mode != cluster.ModeProcess || loops() != 1 {
		t.Errorf("a new session: %v %s, the loop was tried %d times", o.Mode, o.Detail, loops())
	}
	at = at.Add(refusedPause)
	if o := vitals(t, c); o.Mode != cluster.ModeProcess || loops() != 2 {
		t.Errorf("after some hours: %v %s, the loop was tried %d times", o.Mode, o.Detail, loops())
	}
}

func TestWhyThereIsNoLoop(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*processNode)
		say    string
	}{
		"its own error":  {func(n *processNode) { n.mode = "FullLanguage" }, "Cannot invoke method. "},
		"plain text":     {func(n *processNode) { n.mode, n.loop = "FullLanguage", "Access is denied.\r\n" }, "Access is denied. "},
		"no text":        {func(n *processNode) { n.mode, n.loop = "FullLanguage", "" }, "exit code 7"},
		"refused":        {func(n *processNode) { n.mode, n.forbid = "FullLanguage", true }, "code 5"},
		"language modes": {func(n *processNode) { n.loop = "" }, "constrained language mode"},
	} {
		t.Run(name, func(t *testing.T) {
			n := newProcessNode(t)
			c.change(n)
			o := vitals(t, n.client(t, cluster.AuthBasic, nil))
			if !o.OK() || o.Mode != cluster.ModeProcess || !strings.Contains(o.Detail, c.say) || !strings.HasSuffix(o.Detail, "of its own.") {
				t.Errorf("%v %v %q", o.Reach, o.Mode, o.Detail)
			}
		})
	}
}

func TestProcessAnswersThatAreNone(t *testing.T) {
	for name, c := range map[string]struct {
		answer func(q scripts.ProcessRequest) string
		want   cluster.Reach
	}{
		"an error of the script": {func(q scripts.ProcessRequest) string {
			return writes(q.ID, `{"Status":"err","Value":{"Message":"x","Id":"HRESULT 0x8004100e,Get"}}`)
		}, cluster.ReachNotACluster},
		"nothing":              {func(scripts.ProcessRequest) string { return "" }, cluster.ReachScriptFailed},
		"another's answer":     {func(scripts.ProcessRequest) string { return writes("X", `{"Status":"ok","Value":{}}`) }, cluster.ReachScriptFailed},
		"half an answer":       {func(q scripts.ProcessRequest) string { return writes(q.ID, `{"Status":"ok"}`)[:50] }, cluster.ReachScriptFailed},
		"no JSON":              {func(q scripts.ProcessRequest) string { return writes(q.ID, `{"Status":`) }, cluster.ReachBadAnswer},
		"no value":             {func(q scripts.ProcessRequest) string { return writes(q.ID, `{"Status":"ok"}`) }, cluster.ReachBadAnswer},
		"no such status":       {func(q scripts.ProcessRequest) string { return writes(q.ID, `{"Status":"need","Value":{}}`) }, cluster.ReachBadAnswer},
		"JSON nested too deep": {func(q scripts.ProcessRequest) string { return writes(q.ID, strings.Repeat("[", 30)) }, cluster.ReachBadAnswer},
		"an endless answer":    {func(q scripts.ProcessRequest) string { return "<<LA1:" + q.ID + ":2000000000:{" }, cluster.ReachBadAnswer},
		"a wrong end": {func(q scripts.ProcessRequest) string {
			return strings.Replace(writes(q.ID, `{"Status":"ok","Value":{}}`), ":LA1>>", ":LA2>>", 1)
		}, cluster.ReachBadAnswer},
	} {
		t.Run(name, func(t *testing.T) {
			n := newProcessNode(t)
			n.answer = c.answer
			cl := n.client(t, cluster.AuthBasic, nil)
			if o := vitals(t, cl); o.Reach != c.want || o.Vitals != nil {
				t.Errorf("%v %q, want %v", o.Reach, o.Detail, c.want)
			}
			if err := cl.Close(t.Context()); err != nil {
				t.Error(err)
			}
			n.mu.Lock()
			defer n.mu.Unlock()
			if len(n.running) > 0 {
				t.Errorf("%v were not terminated", n.running)
			}
		})
	}
}

func TestMarkedSurvivesEverySplit(t *testing.T) {
	text := "noise <<LA1:id\r\n" + writes("id", `{"a":"b c"}`) + "behind"
	want := `{"a":"b\u0020c"}`
	for cut := range len(text) {
		m := newMarked("id", 1000)
		got, err := m.feed([]byte(text[:cut]))
		if err == nil && got == nil {
			got, err = m.feed([]byte(text[cut:]))
		}
		if err != nil || string(got) != want {
			t.Fatalf("cut at %d: %q, %v", cut, got, err)
		}
	}
	m := newMarked("id", 5000)
	var err error
	for range 10 {
		if _, err = m.feed([]byte(strings.Repeat("no answer ", 200))); err != nil {
			break
		}
	}
	if !errors.Is(err, errTooLarge) {
		t.Errorf("20,000 bytes of noise: %v", err)
	}
}

func FuzzMarked(f *testing.F) {
	f.Add([]byte("x"+writes("id", `{"a":1}`)), 3)
	f.Add([]byte("<<LA1:id:1:a:id:LA1>>"), 1)
	f.Add([]byte("<<LA1:id:99999999999:"), 7)
	f.Add([]byte("<<LA1:<<LA1:id:0::id:LA1>>"), 2)
	f.Fuzz(func(t *testing.T, out []byte, piece int) {
		piece = max(piece%100, 1)
		m, whole := newMarked("id", 4096), newMarked("id", 4096)
		want, wantErr := whole.feed(out)
		var got []byte
		var err error
		for part := range slices.Chunk(out, piece) {
			if got, err = m.feed(part); got != nil || err != nil {
				break
			}
		}
		if string(got) != string(want) || (err == nil) != (wantErr == nil) {
			t.Errorf("in pieces of %d: %q, %v; whole: %q, %v", piece, got, err, want, wantErr)
		}
		if len(got) > 4096 || len(m.buf) > 2*4096+100 {
			t.Errorf("%d bytes held for an answer of %d", len(m.buf), len(got))
		}
	})
}
