package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The test binary can be the program itself, in a process of its own, so that
// it can be killed and its use of the machine measured.
const asProgram = "LOOKSALIVE_TEST_AS_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) == "" {
		os.Exit(runTests(m))
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runTests gives all programs of the tests one key that seals credentials and one
// token, and http.DefaultClient a jar for their cookies.
func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "looksalive-key-")
	if err == nil {
		defer os.RemoveAll(dir)
		err = errors.Join(os.Setenv("LOOKSALIVE_KEY_FILE", filepath.Join(dir, "key")), os.Setenv("LOOKSALIVE_API_TOKEN", testToken))
	}
	http.DefaultClient.Jar, _ = cookiejar.New(nil) // without options it does not fail
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return m.Run()
}

// child is the program in its own process.
type child struct {
	cmd   *exec.Cmd
	first string // the first line it printed
}

func startChild(t testing.TB, args ...string) *child {
	t.Helper()
	return startChildTo(t, os.Stderr, args...)
}

// startChildTo is startChild with a place for the log.
func startChildTo(t testing.TB, stderr *os.File, args ...string) *child {
	t.Helper()
	c := &child{cmd: exec.Command(os.Args[0], args...)}
	c.cmd.Env = append(os.Environ(), asProgram+"=1")
	c.cmd.Stderr = stderr
	stdout, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.end)
	if c.first, err = bufio.NewReaderSize(stdout, 1<<20).ReadString('\n'); err != nil {
		t.Fatalf("%v printed nothing: %v", args, err)
	}
	return c
}

func (c *child) end() {
	c.cmd.Process.Signal(syscall.SIGTERM)
	c.cmd.Wait()
}

// kill is kill -9.
func (c *child) kill() {
	c.cmd.Process.Kill()
	c.cmd.Wait()
}

// url is the address in the banner; from then on http.DefaultClient is signed in there.
func (c *child) url(t testing.TB) string {
	t.Helper()
	m := bannerForm.FindStringSubmatch(strings.TrimSpace(c.first))
	if m == nil {
		t.Fatalf("no banner: %q", c.first)
	}
	signIn(t, m[1])
	return m[1]
}

// usage reads how much processor time and memory the process has used (Linux).
func (c *child) usage(t testing.TB) (cpu time.Duration, resident int64) {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", c.cmd.Process.Pid))
	if err != nil {
		t.Skipf("cannot measure a process here: %v", err)
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+2:]))
	utime, _ := strconv.ParseInt(fields[11], 10, 64)
	stime, _ := strconv.ParseInt(fields[12], 10, 64)
	pages, _ := strconv.ParseInt(fields[21], 10, 64)
	const ticksPerSecond = 100 // USER_HZ on every Linux Go runs on
	return time.Duration(utime+stime) * time.Second / ticksPerSecond, pages * int64(os.Getpagesize())
}
