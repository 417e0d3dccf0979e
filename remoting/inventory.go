package remoting

import (
	"fmt"

	"looksalive/cluster"
	"looksalive/remoting/scripts"
)

func decodeInventory(a answer, _ *peer, o *cluster.Observation) error {
	i, err := decode[scripts.NodeInventory](a)
	if err != nil {
		return err
	}
	if i.UtcNow == "" {
		return fmt.Errorf("it is not inventory.ps1's: %w", errBadAnswer)
	}
	o.Denied = texts(i.Denied, nameLen)
	o.Inventory = &cluster.Inventory{
		OS: name(i.OS), Version: name(i.Version), Build: name(i.Build), Domain: name(i.Domain), Manufacturer: name(i.Manufacturer),
		Model: name(i.Model), Serial: name(i.SerialNumber), BIOS: name(i.BIOSVersion), CPUName: name(i.CPUName),
		Sockets: i.Sockets, Cores: i.Cores, Threads: i.LogicalCPUs, Memory: i.Memory, PSVersion: name(i.PSVersion),
		ClockSource: name(i.ClockSource),
		Certificates: convert(i.Certificates, func(c scripts.InventoryCertificate) cluster.Certificate {
			return cluster.Certificate{
				Subject: clean(c.Subject, textLen), Issuer: clean(c.Issuer, textLen), Thumbprint: name(c.Thumbprint),
				NotBefore: parseTime(c.NotBefore), NotAfter: parseTime(c.NotAfter), Usage: texts(c.Usage, nameLen), Listener: c.WinRM,
			}
		}),
		Adapters: convert(i.Adapters, func(a scripts.InventoryAdapter) cluster.AdapterInfo {
			return cluster.AdapterInfo{
				Name: name(a.Name), Interface: name(a.Description), MAC: name(a.MacAddress), LinkBps: a.LinkBits, Status: name(a.Status),
				Driver: name(a.DriverVersion), Addresses: texts(a.Addresses, nameLen), RDMA: a.Rdma,
			}
		}),
	}
	return nil
}
