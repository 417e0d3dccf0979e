package simulator

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf16"

	"looksalive/remoting/scripts"
	"looksalive/simulator/wsman"
)

// testHost is a node's host without a network around it.
func testHost(t *testing.T, cost Cost) *host {
	t.Helper()
	c := newCluster(DemoShapes()[0], 1, noon)
	s := &Simulator{opts: Options{Now: func() time.Time { return noon }, Cost: cost}, clusters: []*simCluster{c}}
	s.nodes = []*endpoint{{node: c.nodes[0]}}
	return &host{sim: s, cluster: c, node: c.nodes[0]}
}

func runLine(h *host, ctx context.Context, line, stdin string) (out, errs string, code int) {
	var o, e bytes.Buffer
	code = h.Run(ctx, &wsman.Process{CommandLine: line, ViaCmd: true, Stdin: strings.NewReader(stdin), Stdout: &o, Stderr: &e})
	return o.String(), e.String(), code
}

func encoded(text string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return "powershell.exe -EncodedCommand " + base64.StdEncoding.EncodeToString(b)
}

func TestOneLiners(t *testing.T) {
	h := testHost(t, Cost{})
	tests := []struct {
		line      string
		out, errs string // exact out; errs must contain
		code      int
	}{
		{"hostname", "HV-FRA-01\r\n", "", 0},
		{"whoami.exe", "sim\\looksalive\r\n", "", 0},
		{"ver", "\r\nMicrosoft Windows [Version 10.0.25398.1251]\r\n", "", 0},
		{"echo hello  world", "hello  world\r\n", "", 0},
		{`cmd /c echo inside`, "inside\r\n", "", 0},
		{"exit 7", "", "", 7},
		{"reboot now", "", "'reboot' is not recognized as an internal or external command,\r\noperable program or batch file.\r\n", 1},
		{encoded("$env:COMPUTERNAME"), "HV-FRA-01\r\n", "", 0},
		{encoded("$ProgressPreference = 'SilentlyContinue';[Environment]::MachineName"), "HV-FRA-01\r\n", "", 0},
		{encoded("Write-Output 'it''s; fine'; exit 3"), "it's; fine\r\n", "", 3},
		{encoded("$PSVersionTable.PSVersion.ToString()"), "5.1.25398.2110\r\n", "", 0},
		{`powershell -NoProfile -Command "hostname"`, "HV-FRA-01\r\n", "", 0},
		{`powershell -Command "'a' + \"b\"; (Get-ClusterNode).Count"`, "ab\r\n4\r\n", "", 0},
		{encoded("Write-Error 'oh & no'"), "", `<S S="Error">Write-Error &apos;oh &amp; no&apos; : oh &amp; no_x000D__x000A_</S>`, 1},
		{encoded("hostname\nGet-Everything -All\nhostname\nGet-Everything -All"), "HV-FRA-01\r\nHV-FRA-01\r\n", `#< CLIXML` + "\r\n" + `<Objs Version="1.1.0.1" xmlns="http://schemas.microsoft.com/powershell/2004/04"><S S="Error">Get-Everything : The term &apos;Get-Everything&apos; is not recognized as the name of a cmdlet, function, script file, or operable program.`, 1},
		{"powershell -EncodedCommand %%%", "", "is not properly encoded", 1},
	}
	for _, tt := range tests {
		out, errs, code := runLine(h, t.Context(), tt.line, "")
		if out != tt.out || code != tt.code || !strings.Contains(errs, tt.errs) || tt.errs == "" && errs != "" {
			t.Errorf("%s:\n  out  %q, want %q\n  err  %q, want %q\n  code %d, want %d", tt.line, out, tt.out, errs, tt.errs, code, tt.code)
		}
	}
	if h.exists(&wsman.Process{CommandLine: "nonsense.exe /x"}) || !h.exists(&wsman.Process{CommandLine: `"C:\Windows\System32\WindowsPowerShell\v1.0\powershell.exe" -File x`}) {
		t.Error("exists does not know which programs there are")
	}
}

func TestSleepWaitsAndIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := testHost(t, Cost{ProcessStart: 400 * time.Millisecond})
		start := time.Now()
		runLine(h, t.Context(), encoded("Start-Sleep 90"), "")
		if got := time.Since(start); got != 90*time.Second+400*time.Millisecond {
			t.Errorf("slept %v", got)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		start = time.Now()
		if _, _, code := runLine(h, ctx, encoded("Start-Sleep -Seconds 90"), ""); code == 0 {
			t.Error("a killed process ended with 0")
		}
		if got := time.Since(start); got != 2*time.Second {
			t.Errorf("ended after %v", got)
		}
	})
}

type frame struct {
	id     int
	status string
	body   []byte
}

var frameText = regexp.MustCompile(`^\x1eWF1 (\d+) (ready|ok|err|need) (\d+) ([A-Za-z0-9+/=]+)$`)

func readFrames(t *testing.T, text string) []frame {
	t.Helper()
	var out []frame
	for line := range strings.Lines(text) {
		m := frameText.FindStringSubmatch(strings.TrimSuffix(line, "\n"))
		if m == nil || m[3] != strconv.Itoa(len(m[4])) {
			t.Fatalf("not a frame: %.80q", line)
		}
		zipped, err := base64.StdEncoding.DecodeString(m[4])
		if err != nil {
			t.Fatal(err)
		}
		r, err := gzip.NewReader(bytes.NewReader(zipped))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		id, _ := strconv.Atoi(m[1])
		out = append(out, frame{id, m[2], body})
	}
	return out
}

func loopLineFor(id int, script string, args any) string {
	b, _ := json.Marshal(map[string]any{"id": id, "script": script, "args": args})
	return base64.StdEncoding.EncodeToString(b) + "\n"
}

func TestLoop(t *testing.T) {
	h := testHost(t, Cost{PadAnswer: 20 << 10})
	stdin := loopLineFor(1, scripts.State.Text, nil) + loopLineFor(2, scripts.Vitals.Text, scripts.VitalsArgs{Services: []string{"ClusSvc", "nope", "himds"}}) +
		loopLineFor(3, scripts.Storage.Text, nil) + loopLineFor(4, scripts.Inventory.Text, nil) + loopLineFor(5, "Get-Nothing", nil) +
		"!!!\n" + "AAAA=A\n" + loopLineFor(6, "hostname", nil)
	out, errs, code := runLine(h, t.Context(), scripts.Loop.CommandLine(), stdin)
	if code != 0 || errs != "" {
		t.Fatalf("exit code %d, standard error %q", code, errs)
	}
	frames := readFrames(t, out)
	var got []string
	for _, f := range frames {
		got = append(got, fmt.Sprint(f.id, " ", f.status))
	}
	if want := "0 ready,1 ok,2 ok,3 ok,4 ok,5 err,0 err,6 ok"; strings.Join(got, ",") != want {
		t.Fatalf("frames %v, want %s", got, want)
	}
	decode := func(i int, v any) {
		t.Helper()
		if err := json.Unmarshal(frames[i].body, v); err != nil {
			t.Fatalf("frame %d: %v", i, err)
		}
	}
	if n := len(frames[1].body); n < 20<<10 {
		t.Errorf("padded to %d bytes", n)
	}
	var state scripts.ClusterState
	decode(1, &state)
	if state.Name != "EU-PROD-HCI01" || len(state.Nodes) != 4 || len(state.Networks) != 3 || len(state.Interfaces) != 12 || len(state.Groups) < 48 || len(state.Volumes) != 4 {
		t.Errorf("state: %s, %d nodes, %d networks, %d interfaces, %d groups, %d volumes", state.Name, len(state.Nodes), len(state.Networks), len(state.Interfaces), len(state.Groups), len(state.Volumes))
	}
	if state.WitnessResourceType != "Cloud Witness" || state.WitnessDynamicWeight != 1 || state.SameSubnetThreshold != 20 || state.UtcNow[:19] != "2026-03-10T11:00:00" && state.UtcNow[:19] != "2026-03-10T10:59:59" {
		t.Errorf("state: %+v", state)
	}
	var vitals scripts.NodeVitals
	decode(2, &vitals)
	if len(vitals.Services) != 2 || vitals.Services[0].State != "Running" || vitals.RunningVMs == 0 || vitals.MemoryFree <= 0 || vitals.MemoryFree >= vitals.MemoryTotal {
		t.Errorf("vitals: %+v", vitals)
	}
	var storage scripts.StorageState
	decode(3, &storage)
	if len(storage.Drives) != 48 || len(storage.Pools) != 1 || storage.Pools[0].AllocatedSize > storage.Pools[0].Size || storage.Jobs == nil || storage.Faults == nil {
		t.Errorf("storage: %d drives, pools %+v", len(storage.Drives), storage.Pools)
	}
	var inventory scripts.NodeInventory
	decode(4, &inventory)
	listeners := 0
	for _, c := range inventory.Certificates {
		if c.WinRM {
			listeners++
		}
	}
	if len(inventory.Certificates) < 3 || listeners != 1 {
		t.Errorf("inventory: %d certificates, %d of the listener", len(inventory.Certificates), listeners)
	}
	var fail loopError
	decode(5, &fail)
	if fail.Type != commandNotFound || !strings.HasPrefix(fail.Message, "The term 'Get-Nothing' is not recognized") {
		t.Errorf("unknown command: %+v", fail)
	}
}

func TestStoppedClusterServiceCannotAnswer(t *testing.T) {
	h := testHost(t, Cost{})
	c := h.cluster
	c.cause(t, "service-stopped", "HV-FRA-01", map[string]any{"service": "ClusSvc"})
	out, _, _ := runLine(h, t.Context(), scripts.Loop.CommandLine(), loopLineFor(1, scripts.State.Text, nil)+loopLineFor(2, scripts.Vitals.Text, nil))
	frames := readFrames(t, out)
	if frames[1].status != "err" || frames[2].status != "ok" {
		t.Fatalf("state %s, vitals %s", frames[1].status, frames[2].status)
	}
	var fail loopError
	if err := json.Unmarshal(frames[1].body, &fail); err != nil || fail.Type != cimException || uint32(fail.HResult) != 0x800706d9 {
		t.Errorf("%+v, %v", fail, err)
	}
	out, errs, code := runLine(h, t.Context(), encoded("$ProgressPreference = 'SilentlyContinue';"+scripts.State.Text), "")
	if code != 1 || out != "" || !strings.Contains(errs, "no more endpoints") {
		t.Errorf("on its own: %q, %q, %d", out, errs, code)
	}
	h.node = c.nodes[1]
	out, errs, code = runLine(h, t.Context(), encoded(scripts.State.Text), "")
	var state scripts.ClusterState
	if err := json.Unmarshal([]byte(out), &state); err != nil || code != 0 || errs != "" || state.Name != c.shape.Name {
		t.Errorf("another node: %.60q, %q, %d, %v", out, errs, code, err)
	}
}
