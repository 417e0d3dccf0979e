package scripts

import "testing"

func TestLoopFitsOnACommandLine(t *testing.T) {
	line := Loop.CommandLine()
	if len(line) >= 8000 {
		t.Errorf("the loop's command line has %d characters, cmd.exe refuses more than 8191", len(line))
	}
	t.Logf("%d characters", len(line))
}
