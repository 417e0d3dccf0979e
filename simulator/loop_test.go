package simulator

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"looksalive/remoting/scripts"
)

func TestLoopKeepsScripts(t *testing.T) {
	line := func(id int, fields string) string {
		return base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"id":%d,%s}`, id, fields)) + "\n"
	}
	stdin := line(1, `"hash":"a"`) + line(2, `"hash":"a","script":"hostname"`) + line(3, `"hash":"a"`) +
		line(4, `"hash":"b"`) + line(5, `"hash":"a","script":"whoami"`) + line(6, `"hash":"a"`)
	for i := range maxKept + 1 {
		stdin += line(7+i, fmt.Sprintf(`"hash":"%d","script":"hostname"`, i))
	}
	stdin += line(99, `"hash":"a"`)
	out, _, _ := runLine(testHost(t, Cost{}), t.Context(), scripts.Loop.CommandLine(), stdin)
	frames := readFrames(t, out)
	var got []string
	for _, f := range frames[1:7] {
		got = append(got, f.status)
	}
	if want := "need ok ok need ok ok"; strings.Join(got, " ") != want {
		t.Errorf("got %v, want %s", got, want)
	}
	if host, who := string(frames[2].body), string(frames[6].body); string(frames[3].body) != host || host == who || string(frames[5].body) != who {
		t.Errorf("not the script of the hash ran: %q, %q, %q, %q", host, frames[3].body, frames[5].body, who)
	}
	if last := frames[len(frames)-1]; last.id != 99 || last.status != "need" {
		t.Errorf("after %d more scripts: %+v", maxKept+1, last)
	}
}
