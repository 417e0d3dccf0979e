package views

import (
	"testing"
	"time"
)

func TestFormat(t *testing.T) {
	const tera = int64(1) << 40
	for _, tt := range []struct{ name, got, want string }{
		{"binary zero", binary(0), "0 B"},
		{"binary below a step", binary(1023), "1023 B"},
		{"binary a step", binary(1024), "1 KiB"},
		{"binary tenths", binary(tera*18 + tera/10*9), "18.9 TiB"},
		{"binary three figures", binary(142 * tera), "142 TiB"},
		{"binary no 1024 of a unit", binary(tera - 1), "1 TiB"},
		{"decimal as sold", decimal(7_681_501_126_656), "7.68 TB"},
		{"decimal no 1000 of a unit", decimal(999_999_999), "1 GB"},
		{"bits", bits(18_400_000_000), "18.4 Gbit/s"},
		{"bits none", bits(0), "0 bit/s"},
		{"rate small", rate(96.4), "96 /s"},
		{"rate thousands", rate(412_300), "412 k/s"},
		{"rate border", rate(999.6), "1 k/s"},
		{"rate millions", rate(1_240_000), "1.24 M/s"},
		{"latency µs", latency(640 * time.Microsecond), "640 µs"},
		{"latency ms", latency(1800 * time.Microsecond), "1.8 ms"},
		{"latency s", latency(2100 * time.Millisecond), "2.1 s"},
		{"percent", percent(78.6), "79%"},
		{"percent never full by rounding", percent(99.7), "99%"},
		{"percent full", percent(100), "100%"},
		{"percent never empty by rounding", percent(0.2), "1%"},
		{"percent empty", percent(0), "0%"},
		{"count", count(1284), "1,284"},
		{"count millions", count(1_002_003), "1,002,003"},
		{"count below zero", count(-1284), "-1,284"},
		{"plural one", plural(1, "node"), "1 node"},
		{"plural many", plural(12, "node"), "12 nodes"},
		{"plural y", plural(3, "copy"), "3 copies"},
		{"plural none", plural(0, "vote"), "0 votes"},
		{"duration", duration(90 * time.Second), "1 min 30 s"},
		{"duration short", duration(250 * time.Millisecond), "250 ms"},
		{"duration long", duration(26 * time.Hour), "1 d 2 h"},
		{"skew", skew(-1800 * time.Millisecond), "-1.8 s"},
		{"spaced", spaced("DrainInProgress, Isolated"), "drain in progress, isolated"},
		{"sentence", sentence("down since noon"), "Down since noon"},
		{"sentence of a name", sentence("HV-01 is down"), "HV-01 is down"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, tt.got, tt.want)
		}
	}
}

func TestAge(t *testing.T) {
	for _, tt := range []struct {
		ago         time.Duration
		want, short string
	}{
		{0, "just now", "just now"},
		{-2 * time.Second, "just now", "just now"}, // clocks differ a little
		{-41 * time.Second, "in 41 s", "in 41 s"},
		{time.Second, "1 s ago", "1 s"},
		{59*time.Second + 900*time.Millisecond, "59 s ago", "59 s"},
		{119 * time.Second, "1 min ago", "1 min"},
		{23*time.Hour + 59*time.Minute, "23 h ago", "23 h"},
		{26 * time.Hour, "20 Nov 2026, 18:42 UTC", "20 Nov"},
	} {
		at := testNow.Add(-tt.ago)
		if got := ago(at, testNow).Text; got != tt.want {
			t.Errorf("ago %s: got %q, want %q", tt.ago, got, tt.want)
		}
		if got := since(at, testNow).Text; got != tt.short {
			t.Errorf("since %s: got %q, want %q", tt.ago, got, tt.short)
		}
	}
	if w := ago(time.Time{}, testNow); w.Text != "never" || w.ISO != "" {
		t.Errorf("no time at all is %+v", w)
	}
	berlin := time.FixedZone("CET", 3600)
	if w := clock(testNow.In(berlin), testNow); w.ISO != "2026-11-21T20:42:07Z" || w.Text != "20:42:07 UTC" {
		t.Errorf("times leave the server in UTC, got %+v", w)
	}
}
