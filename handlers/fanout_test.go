package handlers

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/a-h/templ"

	"looksalive/cluster"
	"looksalive/views"
)

// fanoutEnv makes the test binary play the browsers, in a process of its own,
// so that what is measured is the server alone.
const fanoutEnv = "LOOKSALIVE_FANOUT"

func TestMain(m *testing.M) {
	if v := os.Getenv(fanoutEnv); v != "" {
		if err := browsers(v); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

// browsers opens sockets ("ADDRESS COUNT") and reads whatever comes until
// standard input ends.
func browsers(arg string) error {
	var address string
	var n int
	if _, err := fmt.Sscan(arg, &address, &n); err != nil {
		return err
	}
	for range n {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return err
		}
		fmt.Fprintf(conn, "GET /live?page=/wall HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
			"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n", address)
		line, err := bufio.NewReaderSize(conn, 16).ReadString('\n')
		if err != nil || !strings.Contains(line, "101") {
			return fmt.Errorf("%q, %v", line, err)
		}
		go io.Copy(io.Discard, conn)
	}
	fmt.Println("open")
	_, err := io.Copy(io.Discard, os.Stdin)
	return err
}

// countedListener counts what is written to its connections.
type countedListener struct {
	net.Listener
	writes  atomic.Int64
	target  atomic.Int64
	reached chan struct{}

	mu    sync.Mutex
	conns []*countedConn
}

type countedConn struct {
	net.Conn
	l *countedListener
}

func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	counted := &countedConn{c, l}
	l.mu.Lock()
	l.conns = append(l.conns, counted)
	l.mu.Unlock()
	return counted, nil
}

func (c *countedConn) Write(b []byte) (int, error) {
	n, err := c.Conn.Write(b)
	if c.l.writes.Add(1) == c.l.target.Load() {
		c.l.reached <- struct{}{}
	}
	return n, err
}

// after does something and waits until it led to n writes.
func (l *countedListener) after(n int, do func()) {
	l.target.Store(l.writes.Load() + int64(n))
	do()
	<-l.reached
}

// quietStore has no news of its own: the benchmark makes them.
type quietStore struct{ Store }

func (quietStore) Snapshot() *cluster.Snapshot { return &cluster.Snapshot{} }
func (quietStore) Watch(context.Context) <-chan *cluster.Snapshot {
	return make(chan *cluster.Snapshot)
}

// BenchmarkFanout1000 writes one changed region of 2 KB to 1,000 browsers on
// loopback: through the hub, rendering included, and beside it the bare
// minimum, one goroutine writing the same frame to each connection. It
// reports the processor time of this process, kernel included, per browser
// and message, and the memory per connected browser.
func BenchmarkFanout1000(b *testing.B) {
	const clients = 1000
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) == nil && limit.Cur < clients+100 {
		b.Skip("too few file descriptors")
	}
	app, err := New(Options{Store: quietStore{}})
	if err != nil {
		b.Fatal(err)
	}
	var round atomic.Uint64
	filling := strings.Repeat("<p>HV-01 is up, 34 % of its processors and 61 % of its memory are in use</p>", 26)
	app.pages["/wall"] = func(*http.Request) (views.Page, error) {
		text := strconv.FormatUint(round.Load(), 10) + filling
		return views.Page{Shell: views.ShellWall, Regions: []views.Region{{ID: "r-wall", Body: templ.Raw(text)}}}, nil
	}
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	l := &countedListener{Listener: inner, reached: make(chan struct{}, 1)}
	server := &http.Server{Handler: app}
	go server.Serve(l)
	defer server.Close()
	ctx, cancel := context.WithCancel(context.Background())
	ran := make(chan error, 1)
	go func() { ran <- app.Run(ctx) }()
	defer func() { cancel(); <-ran }()
	for !app.running() {
		runtime.Gosched()
	}

	before := memory()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d", fanoutEnv, l.Addr(), clients))
	child.Stderr = os.Stderr
	in, _ := child.StdinPipe()
	out, _ := child.StdoutPipe()
	l.after(2*clients, func() { // a handshake and a first message each
		if err := child.Start(); err != nil {
			b.Fatal(err)
		}
	})
	defer func() { in.Close(); child.Wait() }()
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		b.Fatal(line, err)
	}
	each := float64(memory()-before) / clients

	measure := func(name string, do func()) {
		b.Run(name, func(b *testing.B) {
			l.after(clients, do)
			cpu := processorTime()
			for b.Loop() {
				l.after(clients, do)
			}
			used := processorTime() - cpu
			b.ReportMetric(used.Seconds()*1e6/float64(b.N)/clients, "µs-cpu/msg")
			b.ReportMetric(each, "B/client")
		})
	}
	measure("hub", func() {
		n := round.Add(1)
		app.hub.latest.Store(&cluster.Snapshot{Version: n, Seq: n})
		app.hub.wakeAll()
	})
	frame := append([]byte{0x81, 126, byte(len(filling) >> 8), byte(len(filling))}, filling...)
	measure("raw", func() {
		for _, c := range l.conns {
			c.Write(frame)
		}
	})
}

func (a *App) running() bool {
	a.hub.mu.Lock()
	defer a.hub.mu.Unlock()
	return a.hub.ctx != nil
}

// memory is what the process holds after tidying up: heap and stacks.
func memory() int64 {
	debug.FreeOSMemory()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// processorTime is what this process used so far, in the kernel too.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
