package simulator

import (
	"crypto/sha1" // thumbprints are SHA-1 by definition
	"crypto/x509"
	"fmt"
	"strings"
	"time"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

const (
	biosVersion = "2.19.1"
	cpuName     = "Simulated Xeon 2.60GHz"
)

// mac is the address of a node's adapter.
func (c *simCluster) mac(n *simNode, net *simNetwork) string {
	h := hash(c.seed, "mac", n.Name, net.Name)
	return fmt.Sprintf("02-51-4D-%02X-%02X-%02X", byte(h), byte(h>>8), byte(h>>16))
}

func adapterDescription(net *simNetwork) string {
	if net.Role == int(cluster.RoleClusterAndClient) {
		return "Hyper-V Virtual Ethernet Adapter"
	}
	return fmt.Sprintf("Simulated %d GbE Adapter #%d", net.Gbps, net.index+1)
}

// answerVitals is a node's own light facts.
func (c *simCluster) answerVitals(n *simNode, asked []string) scripts.NodeVitals {
	g := c.measure(n, c.now)
	v := scripts.NodeVitals{
		UtcNow: utc(c.clock(n, c.now)), Denied: []string{}, IsClusterNode: !c.condOf(n).missing[featureCluster], BootTime: utc(n.boot),
		CpuPercent: float64(int(g.cpu*100)) / 100, LogicalCPUs: c.shape.Cores * 2, MemoryTotal: n.memory, MemoryFree: g.memoryFree,
		ReadsPerSec: g.reads, WritesPerSec: g.writes, ReadBytes: g.readBytes, WriteBytes: g.writeBytes, LatencySeconds: g.latency,
		RunningVMs: g.machines, LoopMemory: 92<<20 + int64(hash(n.Name, c.now.Unix()/60)%(6<<20)),
		Adapters: []scripts.VitalsAdapter{}, Services: []scripts.VitalsService{},
	}
	for i, net := range c.nets {
		if net.has[n.index] {
			v.Adapters = append(v.Adapters, scripts.VitalsAdapter{Name: adapterDescription(net), LinkBits: int64(net.Gbps) * 1e9, RxBytes: g.rx[i], TxBytes: g.tx[i]})
		}
	}
	for _, s := range services {
		if s.azure && !c.shape.AzureLocal || s.name == "ClusSvc" && c.condOf(n).missing[featureCluster] {
			continue
		}
		for _, name := range asked {
			if strings.EqualFold(name, s.name) {
				v.Services = append(v.Services, scripts.VitalsService{Name: s.name, DisplayName: s.display, State: c.serviceState(n, s.name), StartMode: s.start})
			}
		}
	}
	return v
}

// answerInventory is a node's slow facts. listener is the certificate the HTTPS
// listener really presents, nil without one.
func (c *simCluster) answerInventory(n *simNode, listener *x509.Certificate) scripts.NodeInventory {
	inv := scripts.NodeInventory{
		UtcNow: utc(c.clock(n, c.now)), Denied: []string{}, OS: c.windows().name, Version: fmt.Sprint("10.0.", c.build()), Build: c.fullBuild(),
		Domain: c.shape.Domain, Manufacturer: n.maker, Model: n.model, SerialNumber: n.serial, BIOSVersion: biosVersion,
		CPUName: cpuName, Sockets: sockets, Cores: c.shape.Cores, LogicalCPUs: c.shape.Cores * 2, Memory: n.memory,
		PSVersion: psVersion(c), ClockSource: "dc-fra-01." + c.shape.Domain,
		Certificates: c.certificates(n, listener), Adapters: []scripts.InventoryAdapter{},
	}
	if c.condOf(n).stopped["W32Time"] {
		inv.ClockSource = "" // w32tm does not answer
	}
	for _, net := range c.nets {
		if !net.has[n.index] {
			continue
		}
		status := "Up"
		if c.unplugged(net, n) {
			status = "Disconnected"
		}
		inv.Adapters = append(inv.Adapters, scripts.InventoryAdapter{
			Name: net.Name, Description: adapterDescription(net), MacAddress: c.mac(n, net),
			LinkBits: int64(net.Gbps) * 1e9, Status: status, DriverVersion: "24.10.26603.0", Addresses: []string{net.address(n)}, Rdma: net.Role == int(cluster.RoleCluster) && !c.shape.SAN,
		})
	}
	return inv
}

// certificates are those of Cert:\LocalMachine\My. The listener's is the real
// one of this node, unless a fault says that it ends soon.
func (c *simCluster) certificates(n *simNode, listener *x509.Certificate) []scripts.InventoryCertificate {
	const serverAuth, clientAuth = "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"
	cn := "CN=" + c.computer(n)
	start := c.now.AddDate(0, -2, 0).Truncate(24 * time.Hour)
	from, to, thumb, issuer := start, start.AddDate(1, 0, 0), thumbprint([]byte(n.Name+" winrm")), "CN=LooksAlive simulated CA"
	if listener != nil {
		from, to, thumb = listener.NotBefore, listener.NotAfter, thumbprint(listener.Raw)
		cn = "CN=" + listener.Subject.CommonName
	}
	if cond := c.condOf(n); cond.certSet && listener == nil {
		since := c.faultSince("certificate-expiring", n.Name)
		to = since.AddDate(0, 0, cond.certDays)
		if !from.Before(to) {
			from = to.AddDate(-1, 0, 0)
		}
	}
	out := []scripts.InventoryCertificate{
		{Subject: cn, Issuer: issuer, Thumbprint: thumb, NotBefore: utc(from), NotAfter: utc(to), Usage: []string{serverAuth}, WinRM: true},
		{Subject: "CN=" + c.computer(n), Issuer: "CN=Simulated Issuing CA 1", Thumbprint: thumbprint([]byte(n.Name + " machine")), NotBefore: utc(start), NotAfter: utc(start.AddDate(2, 0, 0)), Usage: []string{clientAuth, serverAuth}},
		{Subject: "CN=CLIUSR", Issuer: "CN=CLIUSR", Thumbprint: thumbprint([]byte(n.Name + " cliusr")), NotBefore: utc(n.boot), NotAfter: utc(n.boot.AddDate(12, 0, 0)), Usage: []string{clientAuth}},
	}
	if c.shape.AzureLocal {
		out = append(out, scripts.InventoryCertificate{Subject: "CN=AzureStackHCI-" + n.Name, Issuer: "CN=AzureStackHCI-" + n.Name, Thumbprint: thumbprint([]byte(n.Name + " arc")),
			NotBefore: utc(start), NotAfter: utc(start.AddDate(1, 3, 0)), Usage: []string{clientAuth}})
	}
	return out
}

func thumbprint(b []byte) string { return fmt.Sprintf("%X", sha1.Sum(b)) }
