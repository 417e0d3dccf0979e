package wsman

import (
	"context"
	"fmt"
	"io"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// logonTo opens an authenticated connection.
func logonTo(t testing.TB, addr string) *peer {
	t.Helper()
	p := dial(t, addr)
	if got := p.logon("CONTOSO", "operator", password); got != 200 {
		t.Fatalf("logon: %d", got)
	}
	return p
}

func (l *pipeListener) logon(t *testing.T) *peer {
	t.Helper()
	p := l.dial(t)
	if got := p.logon("CONTOSO", "operator", password); got != 200 {
		t.Fatalf("logon: %d", got)
	}
	return p
}

func TestCommandLife(t *testing.T) {
	s, addr := start(t, options())
	p := logonTo(t, addr)
	_, answer := p.call(createMessage(`<rsp:WorkingDirectory>C:\Windows</rsp:WorkingDirectory><rsp:Environment><rsp:Variable Name="A">b c</rsp:Variable></rsp:Environment>`))
	sh := find(t, shellID, answer)

	if out, _, _ := p.drain(sh, p.command(sh, "whoami")); out != `CONTOSO\Operator cmd=true pipe=true dir=C:\Windows A=b c`+"\r\n" {
		t.Errorf("whoami: %q", out)
	}
	_, answer = p.call(commandMessage(sh, "whoami", `<w:Option Name="WINRS_CONSOLEMODE_STDIN">TRUE</w:Option><w:Option Name="WINRS_SKIP_CMD_SHELL">TRUE</w:Option>`))
	if out, _, _ := p.drain(sh, find(t, commandID, answer)); !strings.Contains(out, "cmd=false pipe=false") {
		t.Errorf("whoami: %q", out)
	}
	id := p.command(sh, "warn careful")
	if out, errs, code := p.drain(sh, id); out != "" || errs != "careful\r\n" || code != "0" {
		t.Errorf("warn: %q %q %s", out, errs, code)
	}
	// An answer that got lost may be asked for again.
	if _, _, code := p.drain(sh, id); code != "0" {
		t.Errorf("second Done: %s", code)
	}
	if _, _, code := p.drain(sh, p.command(sh, "exit 42")); code != "42" {
		t.Errorf("exit: %s", code)
	}
	if status, answer := p.call(signalMessage(sh, id, "terminate")); status != 200 || !strings.Contains(answer, "<rsp:SignalResponse>") {
		t.Errorf("Signal: %d %s", status, answer)
	}
	status, answer := p.call(receiveMessage(sh, id, ""))
	expectFault(t, status, answer, "2150858843")

	if got := s.Shells(); len(got) != 1 || got[0].Commands != 3 || got[0].ID != sh {
		t.Errorf("shells: %+v", got)
	}
	if status, answer := p.call(message(nsX+"/Delete", selector(sh), "")); status != 200 || !strings.HasSuffix(answer, "<s:Body></s:Body></s:Envelope>") {
		t.Errorf("Delete: %d %s", status, answer)
	}
	status, answer = p.call(message(nsX+"/Delete", selector(sh), ""))
	expectFault(t, status, answer, "2150858843")
}

// The element order of a ReceiveResponse, first with output and then at the end.
func TestReceiveShape(t *testing.T) {
	_, addr := start(t, options())
	p := logonTo(t, addr)
	sh := p.open()
	id := p.command(sh, "cat")
	p.call(sendMessage(sh, id, "output 1", "false"))
	_, answer := p.call(receiveMessage(sh, id, ""))
	want := `<s:Body><rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="` + id + `">b3V0cHV0IDE=</rsp:Stream>` +
		`<rsp:CommandState CommandId="` + id + `" State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Running"></rsp:CommandState></rsp:ReceiveResponse></s:Body>`
	if !strings.Contains(answer, want) {
		t.Errorf("running: %s", answer)
	}
	p.call(sendMessage(sh, id, "", "true"))
	_, answer = p.call(receiveMessage(sh, id, ""))
	want = `<s:Body><rsp:ReceiveResponse><rsp:Stream Name="stdout" CommandId="` + id + `" End="true"></rsp:Stream><rsp:Stream Name="stderr" CommandId="` + id + `" End="true"></rsp:Stream>` +
		`<rsp:CommandState CommandId="` + id + `" State="http://schemas.microsoft.com/wbem/wsman/1/windows/shell/CommandState/Done"><rsp:ExitCode>0</rsp:ExitCode></rsp:CommandState></rsp:ReceiveResponse></s:Body>`
	if !strings.Contains(answer, want) {
		t.Errorf("done: %s", answer)
	}
	status, answer := p.call(sendMessage(sh, id, "late", "false"))
	expectFault(t, status, answer, "232")
}

// An outstanding Receive on one connection answers as soon as a Send on
// another has made the process write.
func TestReceiveWaitsForSend(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := startPipe(options())
		defer s.Close()
		r, w := l.logon(t), l.logon(t)
		sh := r.open()
		id := r.command(sh, "cat")
		answers := make(chan string, 1)
		began := time.Now()
		go func() {
			_, answer := r.call(receiveMessage(sh, id, ""))
			answers <- answer
		}()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		w.call(sendMessage(sh, id, "hello", "false"))
		if answer := <-answers; !strings.Contains(answer, ">aGVsbG8=<") || time.Since(began) != 10*time.Second {
			t.Errorf("after %v: %s", time.Since(began), answer)
		}
	})
}

func TestReceiveTimesOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := startPipe(options())
		defer s.Close()
		p := l.logon(t)
		sh := p.open()
		id := p.command(sh, "wait")
		for header, want := range map[string]time.Duration{
			"": time.Minute,
			"<w:OperationTimeout>PT0.1S</w:OperationTimeout>": 500 * time.Millisecond,
			"<w:OperationTimeout>PT20S</w:OperationTimeout>":  20 * time.Second,
			"<w:OperationTimeout>PT5M</w:OperationTimeout>":   time.Minute,
		} {
			began := time.Now()
			status, answer := p.call(receiveMessage(sh, id, header))
			expectFault(t, status, answer, "2150858793")
			if got := time.Since(began); got != want {
				t.Errorf("%q: %v, want %v", header, got, want)
			}
		}
	})
}

func TestIdleTimeOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := startPipe(options())
		defer s.Close()
		p := l.logon(t)
		_, answer := p.call(createMessage(`<rsp:IdleTimeOut>PT3M</rsp:IdleTimeOut>`))
		sh := find(t, shellID, answer)
		id := p.command(sh, "wait")
		// Requests keep it alive, a waiting one too.
		for range 6 {
			status, answer := p.call(receiveMessage(sh, id, ""))
			expectFault(t, status, answer, "2150858793")
		}
		p.nc.Close()
		time.Sleep(3*time.Minute - time.Second)
		synctest.Wait()
		if len(s.Shells()) != 1 {
			t.Fatal("closed too early")
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(s.Shells()) != 0 {
			t.Fatal("still open")
		}
		q := l.logon(t)
		status, answer := q.call(receiveMessage(sh, id, ""))
		expectFault(t, status, answer, "2150858843")
	})
}

// flood writes without end and says how much was taken off it.
type flood struct{ written chan int }

func (f flood) Run(_ context.Context, p *Process) int {
	total := 0
	defer func() { f.written <- total }()
	for {
		n, err := p.Stdout.Write(make([]byte, 1000))
		total += n
		if err != nil {
			return 1
		}
	}
}

func TestBackPressure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		f := flood{make(chan int, 1)}
		o.Host = f
		s, l := startPipe(o)
		defer s.Close()
		p := l.logon(t)
		sh := p.open()
		id := p.command(sh, "flood")
		synctest.Wait() // the writer stands still now, or this never returns
		p.call(signalMessage(sh, id, "terminate"))
		if n := <-f.written; n < 32<<10 || n > 64<<10 {
			t.Errorf("%d bytes were buffered", n)
		}
	})
}

func TestEnvelopeSize(t *testing.T) {
	o := options()
	o.OutputBuffer = 1 << 20
	_, addr := start(t, o)
	p := logonTo(t, addr)
	sh := p.open()
	id := p.command(sh, "spew 500000")
	got, answers := 0, 0
	for {
		_, answer := p.call(receiveMessage(sh, id, "<w:MaxEnvelopeSize>51200</w:MaxEnvelopeSize>"))
		if len(answer) > 51200 {
			t.Fatalf("an answer of %d bytes", len(answer))
		}
		for _, m := range stream.FindAllStringSubmatch(answer, -1) {
			got += len(m[2]) / 4 * 3
			got -= strings.Count(m[2], "=")
		}
		if answers++; strings.Contains(answer, "CommandState/Done") {
			break
		}
	}
	if got != 500000 || answers < 14 {
		t.Errorf("%d bytes in %d answers", got, answers)
	}
}

func TestSignals(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := startPipe(options())
		defer s.Close()
		p, q := l.logon(t), l.logon(t)
		sh := p.open()
		start := func(option string) string {
			_, answer := p.call(commandMessage(sh, "wait", option))
			return find(t, commandID, answer)
		}
		console := start(`<w:Option Name="WINRS_CONSOLEMODE_STDIN">TRUE</w:Option>`)
		p.call(signalMessage(sh, console, "ctrl_c"))
		if _, _, code := p.drain(sh, console); code != "-1073741510" {
			t.Errorf("ctrl_c: exit code %s", code)
		}
		pipe := start("")
		p.call(signalMessage(sh, pipe, "ctrl_c"))
		status, answer := p.call(receiveMessage(sh, pipe, ""))
		expectFault(t, status, answer, "2150858793") // it has no console to hear it
		done := make(chan struct{})
		go func() {
			defer close(done)
			status, answer := q.call(receiveMessage(sh, pipe, ""))
			expectFault(t, status, answer, "995")
		}()
		synctest.Wait()
		p.call(signalMessage(sh, pipe, "terminate"))
		<-done
		status, answer = p.call(signalMessage(sh, console, "explode"))
		expectFault(t, status, answer, "87")
	})
}

// A client that hangs up on its Receive takes no output with it.
func TestClientGoneWhileReceiving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := startPipe(options())
		defer s.Close()
		p, q := l.logon(t), l.logon(t)
		sh := p.open()
		id := p.command(sh, "cat")
		p.write(p.sealed([]byte(receiveMessage(sh, id, ""))), "Content-Type: "+sealedType)
		synctest.Wait()
		p.nc.Close()
		synctest.Wait()
		q.call(sendMessage(sh, id, "kept", "true"))
		synctest.Wait() // a Receive nobody reads would have taken it now
		if out, _, _ := q.drain(sh, id); out != "kept" {
			t.Errorf("received %q", out)
		}
	})
}

func TestDropAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := startPipe(options())
		defer s.Close()
		p := l.logon(t)
		sh := p.open()
		id := p.command(sh, "wait")
		p.write(p.sealed([]byte(receiveMessage(sh, id, ""))), "Content-Type: "+sealedType)
		synctest.Wait()
		s.DropAll()
		if b, err := io.ReadAll(p.br); len(b) != 0 {
			t.Errorf("a last word: %q, %v", b, err)
		}
		if len(s.Shells()) != 0 {
			t.Error("shells survive")
		}
		q := l.logon(t) // the node is back
		status, answer := q.call(receiveMessage(sh, id, ""))
		expectFault(t, status, answer, "2150858843")
	})
}

func TestRefuse(t *testing.T) {
	o := options()
	o.Refuse = func() bool { return true }
	_, addr := start(t, o)
	p := dial(t, addr)
	p.write(nil)
	if b, _ := io.ReadAll(p.br); len(b) != 0 {
		t.Errorf("answered %q", b)
	}
}

func TestDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		o := options()
		o.Delay = func(action string) time.Duration {
			if action == "Create" {
				return 400 * time.Millisecond
			}
			return 0
		}
		s, l := startPipe(o)
		defer s.Close()
		p := l.logon(t)
		began := time.Now()
		sh := p.open()
		p.command(sh, "echo")
		if got := time.Since(began); got != 400*time.Millisecond {
			t.Errorf("took %v", got)
		}
	})
}

func TestQuotas(t *testing.T) {
	o := options()
	o.MaxOperationsPerUser = 5
	_, addr := start(t, o)
	p := logonTo(t, addr)
	var sh string
	for range 30 {
		sh = p.open()
	}
	status, answer := p.call(createMessage(""))
	expectFault(t, status, answer, "2150859173")
	if !strings.Contains(answer, "maximum number of 30 concurrent shells") {
		t.Error(answer)
	}
	var id string
	for range 5 {
		id = p.command(sh, "echo")
	}
	// Commands not terminated count, finished or not.
	status, answer = p.call(commandMessage(sh, "echo", ""))
	expectFault(t, status, answer, "2150859174")
	status, answer = p.call(signalMessage(sh, id, "terminate"))
	expectFault(t, status, answer, "2150859174")
}

// Terminated commands and deleted shells give their operations back.
func TestOperationsAreReturned(t *testing.T) {
	o := options()
	o.MaxOperationsPerUser = 3
	s, addr := start(t, o)
	p := logonTo(t, addr)
	for range 5 {
		sh := p.open()
		p.call(signalMessage(sh, p.command(sh, "echo"), "terminate"))
		p.command(sh, "wait")
		if status, answer := p.call(message(nsX+"/Delete", selector(sh), "")); status != 200 {
			t.Fatal(answer)
		}
	}
	if len(s.operations) != 0 {
		t.Errorf("left over: %v", s.operations)
	}
}

func TestOtherLimits(t *testing.T) {
	o := options()
	o.MaxConnections, o.MaxCommandsPerShell = 1, 2
	s, addr := start(t, o)
	p := logonTo(t, addr)
	if resp, _ := dial(t, addr).read(); resp.StatusCode != 503 {
		t.Errorf("a connection too many: %s", resp.Status)
	}
	_, answer := p.call(createMessage(`<rsp:IdleTimeOut>PT1S</rsp:IdleTimeOut>`))
	sh := find(t, shellID, answer)
	if got := s.Shells()[0].IdleTimeOut; got != time.Minute {
		t.Errorf("idle time-out %v", got)
	}
	p.command(sh, "echo")
	p.command(sh, "echo")
	status, answer := p.call(commandMessage(sh, "echo", ""))
	expectFault(t, status, answer, "2150859241")
}

// Input a process does not read is bounded; the Send that finds no room waits.
func TestStdinIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, l := startPipe(options())
		defer s.Close()
		p := l.logon(t)
		sh := p.open()
		id := p.command(sh, "wait")
		chunk := strings.Repeat("x", 300<<10)
		for range stdinBuffer / len(chunk) {
			if status, answer := p.call(sendMessage(sh, id, chunk, "false")); status != 200 {
				t.Fatal(answer)
			}
		}
		status, answer := p.call(sendMessage(sh, id, chunk, "false"))
		expectFault(t, status, answer, "2150858793")
	})
}

// Many small writes pass through the bounded buffer, in order.
func TestManySmallWrites(t *testing.T) {
	_, addr := start(t, options())
	p := logonTo(t, addr)
	sh := p.open()
	var want strings.Builder
	for i := range 3000 {
		fmt.Fprintln(&want, i)
	}
	if out, _, _ := p.drain(sh, p.command(sh, "count 3000")); out != want.String() {
		t.Errorf("%d bytes, want %d", len(out), want.Len())
	}
}

func TestFaults(t *testing.T) {
	_, addr := start(t, options())
	p := logonTo(t, addr)
	sh := p.open()
	deep := strings.Repeat("<a>", maxDepth) + strings.Repeat("</a>", maxDepth)
	for name, tt := range map[string]struct{ request, code string }{
		"unknown action":   {message("http://example.com/Unknown", "", ""), "2150858753"},
		"no such program":  {commandMessage(sh, "nosuch.exe", `<w:Option Name="WINRS_SKIP_CMD_SHELL">TRUE</w:Option>`), "2147942402"},
		"overlong command": {commandMessage(sh, strings.Repeat("x", maxCreateProcess+1), ""), "2147942606"},
		"no body":          {strings.NewReplacer("<s:Body></s:Body>", "").Replace(message(nsX+"/Delete", selector(sh), "")), "2150858767"},
		"no action":        {strings.Replace(createMessage(""), nsX+"/Create", "", 1), "2150858767"},
		"bad time-out":     {receiveMessage(sh, "", "<w:OperationTimeout>soon</w:OperationTimeout>"), "87"},
		"bad base64":       {strings.Replace(sendMessage(sh, p.command(sh, "cat"), "hello", "false"), "aGVsbG8=", "???", 1), "87"},
		"missing command":  {receiveMessage(sh, "NONE", ""), "2150858843"},
		"no shell":         {message(nsX+"/Delete", "", ""), "2150858843"},
		"other resource":   {strings.Replace(createMessage(""), shellURI, "http://schemas.microsoft.com/powershell/Microsoft.PowerShell", 1), "2150858811"},
		"not XML":          {"rubbish", "2150858817"},
		"cut short":        {createMessage("")[:500], "2150858817"},
		"directive":        {`<!DOCTYPE s [<!ENTITY e "x">]>` + createMessage(""), "2150858817"},
		"too deep":         {createMessage(deep), "2150858817"},
		"too many":         {createMessage(strings.Repeat("<a/>", maxElements)), "2150858817"},
	} {
		t.Run(name, func(t *testing.T) {
			status, answer := p.call(tt.request)
			expectFault(t, status, answer, tt.code)
		})
	}
	// Through cmd.exe a program that is not there, and a line that is too
	// long, are cmd's to complain about.
	if _, _, code := p.drain(sh, p.command(sh, "nosuch.exe")); code != "0" {
		t.Errorf("exit code %s", code)
	}
	if _, errs, code := p.drain(sh, p.command(sh, strings.Repeat("x", maxCmdLine+1))); code != "1" || errs != "The command line is too long.\r\n" {
		t.Errorf("%s %q", code, errs)
	}
}

func TestOtherUsersShell(t *testing.T) {
	o := options()
	o.Users["Reader"] = "another"
	_, addr := start(t, o)
	p, q := logonTo(t, addr), dial(t, addr)
	sh := p.open()
	q.logon("", "reader", "another")
	status, answer := q.call(message(nsX+"/Delete", selector(sh), ""))
	expectFault(t, status, answer, "5")
}

func TestEnumerateShells(t *testing.T) {
	_, addr := start(t, options())
	p := logonTo(t, addr)
	ids := []string{p.open(), p.open()}
	list := strings.Replace(message(nsN+"/Enumerate", "", `<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>20</w:MaxElements></n:Enumerate>`), shellURI, nsRSP, 1)
	_, answer := p.call(list)
	for _, id := range ids {
		if !strings.Contains(answer, "<rsp:ShellId>"+id+"</rsp:ShellId>") {
			t.Errorf("%s is missing: %s", id, answer)
		}
	}
	if !strings.Contains(answer, "<w:EndOfSequence/>") {
		t.Error(answer)
	}
	_, answer = p.call(strings.Replace(list, "<w:OptimizeEnumeration/>", "", 1))
	context := find(t, regexp.MustCompile(`<n:EnumerationContext>(uuid:[^<]+)<`), answer)
	_, answer = p.call(strings.Replace(message(nsN+"/Pull", "", fmt.Sprintf(`<n:Pull><n:EnumerationContext>%s</n:EnumerationContext><n:MaxElements>20</n:MaxElements></n:Pull>`, context)), shellURI, nsRSP, 1))
	if strings.Count(answer, "<rsp:Shell ") != 2 || !strings.Contains(answer, "</n:Items><n:EndOfSequence/>") {
		t.Error(answer)
	}
	_, answer = p.call(message(nsX+"/Get", selector(ids[1]), ""))
	if !strings.Contains(answer, "<rsp:ShellId>"+ids[1]+"<") {
		t.Error(answer)
	}
}

// TestShellsOfOthers: everybody sees his own shells; an administrator sees all and
// may delete them, but not use them. A shell is known from any connection.
func TestShellsOfOthers(t *testing.T) {
	o := options()
	o.Users["Reader"] = "another"
	o.Administrator = func(account string) bool { return strings.HasSuffix(account, `\Operator`) }
	_, addr := start(t, o)
	admin, reader := logonTo(t, addr), dial(t, addr)
	reader.logon("", "reader", "another")
	_, answer := reader.call(strings.Replace(createMessage(`<rsp:IdleTimeOut>PT180.000S</rsp:IdleTimeOut>`), "<rsp:Shell>", `<rsp:Shell Name="LooksAlive 7f">`, 1))
	id := find(t, regexp.MustCompile(`<rsp:ShellId>([^<]+)<`), answer)
	if !strings.Contains(answer, "<rsp:Name>LooksAlive 7f</rsp:Name>") {
		t.Errorf("the name is not repeated: %s", answer)
	}
	own := admin.open()
	list := strings.Replace(message(nsN+"/Enumerate", "", `<n:Enumerate><w:OptimizeEnumeration/><w:MaxElements>20</w:MaxElements></n:Enumerate>`), shellURI, nsRSP, 1)
	_, answer = admin.call(list)
	for _, want := range []string{own, id, "<rsp:Name>LooksAlive 7f</rsp:Name>", `<rsp:Owner>CONTOSO\Reader</rsp:Owner>`, "<rsp:ClientIP>127.0.0.1</rsp:ClientIP>", "<rsp:IdleTimeOut>PT180.000S</rsp:IdleTimeOut>", "<rsp:ShellRunTime>P0DT0H0M", "<rsp:ShellInactivity>P0DT0H0M"} {
		if !strings.Contains(answer, want) {
			t.Errorf("%s is missing: %s", want, answer)
		}
	}
	if _, answer = reader.call(list); strings.Count(answer, "<rsp:Shell ") != 1 || !strings.Contains(answer, id) {
		t.Errorf("the reader sees %s", answer)
	}
	status, answer := admin.call(commandMessage(id, "hostname", "TRUE"))
	expectFault(t, status, answer, "5")
	again := logonTo(t, addr)
	if status, answer := again.call(message(nsX+"/Delete", selector(id), "")); status != 200 {
		t.Fatalf("delete from another connection: %d %s", status, answer)
	}
	status, answer = reader.call(commandMessage(id, "hostname", "TRUE"))
	expectFault(t, status, answer, "2150858843")
}

// TestUnauthorized: the service's RootSDDL is asked after the sign-in.
func TestUnauthorized(t *testing.T) {
	o := options()
	o.Authorize = func(string) bool { return false }
	_, addr := start(t, o)
	status, answer := logonTo(t, addr).call(createMessage(""))
	expectFault(t, status, answer, "5")
	if !strings.Contains(answer, "<s:Value>w:AccessDenied</s:Value>") {
		t.Error(answer)
	}
}

func TestParseDuration(t *testing.T) {
	for s, want := range map[string]time.Duration{
		"PT60S": time.Minute, "PT60.000S": time.Minute, "PT3M": 3 * time.Minute, "P0DT0H3M0S": 3 * time.Minute,
		"PT0.5S": 500 * time.Millisecond, "P1DT1H": 25 * time.Hour, "P1D": 24 * time.Hour,
	} {
		if got, ok := parseDuration(s); !ok || got != want {
			t.Errorf("%s: %v %t", s, got, ok)
		}
	}
	for _, s := range []string{"", "P", "PT", "60", "PT5", "PTS", "P5S", "PT1M1M", "PT-5S", "PT1e9S", "PTT5S", "PT9999999999S"} {
		if got, ok := parseDuration(s); ok {
			t.Errorf("%q: %v", s, got)
		}
	}
}
