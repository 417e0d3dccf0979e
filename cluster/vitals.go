package cluster

import "time"

// Vitals are a node's own light facts, asked every few seconds (QuestionVitals).
type Vitals struct {
	UTC         time.Time     `json:"utc"`       // the node's clock when it answered
	Skew        time.Duration `json:"skew"`      // node clock minus ours at the middle of the request
	SkewError   time.Duration `json:"skewError"` // how far off Skew may be: half the time the request took
	Boot        time.Time     `json:"boot"`
	CPU         float64       `json:"cpuPercent"`
	Cores       int           `json:"logicalProcessors"`
	MemoryTotal int64         `json:"memoryTotal"` // bytes
	MemoryFree  int64         `json:"memoryFree"`
	Adapters    []Adapter     `json:"adapters"`
	Disk        DiskRates     `json:"disk"`
	Services    []Service     `json:"services"`
	VMs         int           `json:"runningVMs"`
}

// MemoryUsed is total minus free, never below zero.
func (v Vitals) MemoryUsed() int64 { return max(v.MemoryTotal-v.MemoryFree, 0) }

// Adapter is a network adapter with its rates now.
type Adapter struct {
	Name    string `json:"name"`
	LinkBps int64  `json:"linkBitsPerSecond"`
	RxBps   int64  `json:"receivedBitsPerSecond"`
	TxBps   int64  `json:"sentBitsPerSecond"`
}

// DiskRates are the cluster shared volume rates as this node sees them.
type DiskRates struct {
	ReadIOPS  float64       `json:"readIOPS"`
	WriteIOPS float64       `json:"writeIOPS"`
	ReadBps   int64         `json:"readBytesPerSecond"`
	WriteBps  int64         `json:"writeBytesPerSecond"`
	Latency   time.Duration `json:"latency"` // mean of reads and writes
}

// Service is a Windows service that the management plane needs.
type Service struct {
	Name    string `json:"name"` // ClusSvc, vmms, WinRM …
	Display string `json:"displayName"`
	State   string `json:"state"`     // Running, Stopped, Start Pending …
	Start   string `json:"startMode"` // Auto, Manual, Disabled
}

// Running says whether the service runs.
func (s Service) Running() bool { return s.State == "Running" }

// Inventory are a node's slow facts (QuestionInventory).
type Inventory struct {
	OS           string        `json:"os"`
	Version      string        `json:"version"`
	Build        string        `json:"build"`
	Domain       string        `json:"domain"`
	Manufacturer string        `json:"manufacturer"`
	Model        string        `json:"model"`
	Serial       string        `json:"serial"`
	BIOS         string        `json:"bios"`
	CPUName      string        `json:"cpuName"`
	Sockets      int           `json:"sockets"`
	Cores        int           `json:"cores"`
	Threads      int           `json:"logicalProcessors"`
	Memory       int64         `json:"memory"`
	PSVersion    string        `json:"psVersion"`
	Certificates []Certificate `json:"certificates"`
	Adapters     []AdapterInfo `json:"adapters"`
	ClockSource  string        `json:"clockSource"`
}

// Certificate is one of Cert:\LocalMachine\My.
type Certificate struct {
	Subject    string    `json:"subject"`
	Issuer     string    `json:"issuer"`
	Thumbprint string    `json:"thumbprint"`
	NotBefore  time.Time `json:"notBefore"`
	NotAfter   time.Time `json:"notAfter"`
	Usage      []string  `json:"usage"`   // enhanced key usage names or OIDs
	Listener   bool      `json:"isWinRM"` // bound to the WinRM HTTPS listener
}

// AdapterInfo is a physical adapter's fixed side.
type AdapterInfo struct {
	Name      string   `json:"name"`
	Interface string   `json:"interface"`
	MAC       string   `json:"mac"`
	LinkBps   int64    `json:"linkBitsPerSecond"`
	Status    string   `json:"status"`
	Driver    string   `json:"driver"`
	Addresses []string `json:"addresses"`
	RDMA      bool     `json:"rdma"`
}
