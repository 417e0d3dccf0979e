package simulator

import "fmt"

// DemoShapes are the two clusters a newcomer sees.
func DemoShapes() []Shape {
	return []Shape{
		{
			Name: "EU-PROD-HCI01", AzureLocal: true, Witness: "cloud",
			Nodes: []NodeShape{
				{"HV-FRA-01", "Frankfurt", "FRA-R12"}, {"HV-FRA-02", "Frankfurt", "FRA-R14"},
				{"HV-BER-01", "Berlin", "BER-R03"}, {"HV-BER-02", "Berlin", "BER-R05"},
			},
			// Three stretched subnets: pairs at one site share subnets, pairs at two
			// sites too, so CrossSite overrides SameSubnet between them.
			Networks: []NetworkShape{
				{Name: "Mgmt", Subnet: "10.20.10.0/24", Role: 3},
				{Name: "SMB-A", Subnet: "10.20.71.0/24", Role: 1},
				{Name: "SMB-B", Subnet: "10.20.72.0/24", Role: 1},
			},
			VMs: demoVMs, DrivesPerNode: 10, MemoryGB: 768, Cores: 48,
			Volumes: []VolumeShape{
				{"CSV01-Infra", 12, 54}, {"CSV02-Apps", 16, 67}, {"CSV03-Databases", 16, 73}, {"CSV04-Desktops", 10, 41},
			},
		},
		{
			Name: "EU-SQL-FC01", SAN: true, Witness: "share",
			Nodes: []NodeShape{{"SQL-FRA-01", "", "FRA-R21"}, {"SQL-FRA-02", "", "FRA-R22"}},
			Networks: []NetworkShape{
				{Name: "Mgmt", Subnet: "10.20.12.0/24", Role: 3},
				{Name: "Heartbeat", Subnet: "10.20.80.0/24", Role: 1},
				{Name: "iSCSI-A", Subnet: "10.20.91.0/24", Role: 0},
			},
			Roles: []RoleShape{{"EU-FS01", "file server"}, {"SQL Server (FINANCE)", "sql"}},
			VMs: []VMShape{
				{"sql-fin-01", 64, 3000}, {"sql-fin-02", 64, 3000}, {"sql-hr-01", 32, 2000}, {"sql-wms-01", 48, 3000},
				{"sql-crm-01", 48, 2000}, {"ssrs-01", 16, 2000}, {"ssis-01", 24, 2000}, {"ssas-01", 32, 2000},
				{"sql-dev-01", 16, 1000}, {"sql-test-01", 16, 1000}, {"sql-train-01", 8, 1000}, {"dba-tools-01", 8, 2000},
			},
			MemoryGB: 768, Cores: 32,
			Volumes: []VolumeShape{{"SAN-Data01", 20, 71}, {"SAN-Log01", 6, 38}, {"SAN-Backup01", 24, 62}},
		},
	}
}

// PracticeShape is a small cluster that nobody watches, for a newcomer to add by
// hand.
func PracticeShape() Shape {
	return Shape{
		Name: "BRANCH-01", Unwatched: true, Windows: "2025", Witness: "share",
		Nodes: []NodeShape{{"BR-HV-01", "", "Branch-R01"}, {"BR-HV-02", "", "Branch-R01"}},
		Networks: []NetworkShape{
			{Name: "Mgmt", Subnet: "10.31.5.0/24", Role: 3, Gbps: 1},
			{Name: "SMB-A", Subnet: "10.31.71.0/24", Role: 1},
		},
		VMs:           []VMShape{{"br-dc-01", 8, 3000}, {"br-file-01", 16, 2000}, {"br-pos-01", 8, 3000}, {"br-print-01", 4, 1000}},
		DrivesPerNode: 4, MemoryGB: 128, Cores: 16, Volumes: []VolumeShape{{"Branch-CSV01", 4, 48}, {"Branch-CSV02", 2, 31}},
	}
}

var demoVMs = []VMShape{
	{"dc-fra-01", 8, 3000}, {"dc-fra-02", 8, 3000}, {"dc-ber-01", 8, 3000}, {"dns-int-01", 4, 3000}, {"dhcp-01", 4, 3000},
	{"pki-sub-01", 8, 2000}, {"nps-radius-01", 4, 2000}, {"file-fra-01", 16, 2000}, {"file-ber-01", 16, 2000}, {"print-01", 8, 1000},
	{"erp-app-01", 32, 3000}, {"erp-app-02", 32, 3000}, {"erp-app-03", 32, 3000}, {"erp-db-01", 96, 3000}, {"erp-db-02", 96, 3000},
	{"wms-app-01", 16, 3000}, {"wms-app-02", 16, 3000}, {"mes-gw-01", 8, 3000}, {"mes-hist-01", 32, 2000},
	{"shop-web-01", 8, 2000}, {"shop-web-02", 8, 2000}, {"shop-web-03", 8, 2000}, {"shop-cache-01", 16, 2000}, {"shop-queue-01", 8, 2000},
	{"mail-relay-01", 4, 2000}, {"mail-relay-02", 4, 2000}, {"intranet-01", 16, 2000}, {"wiki-01", 8, 1000}, {"git-01", 16, 2000},
	{"ci-runner-01", 16, 1000}, {"ci-runner-02", 16, 1000}, {"artifact-01", 16, 1000}, {"monitor-01", 16, 3000}, {"syslog-01", 16, 2000},
	{"backup-proxy-01", 16, 2000}, {"backup-proxy-02", 16, 2000}, {"vdi-host-01", 64, 2000}, {"vdi-host-02", 64, 2000},
	{"vdi-host-03", 64, 2000}, {"vdi-host-04", 64, 2000}, {"vdi-broker-01", 8, 3000}, {"vdi-broker-02", 8, 3000},
	{"rds-gw-01", 8, 2000}, {"cad-license-01", 4, 2000}, {"bi-portal-01", 24, 2000}, {"bi-etl-01", 32, 1000}, {"docs-scan-01", 8, 1000}, {"phone-pbx-01", 8, 3000},
}

// ShapesForNodes makes clusters of 16 nodes, the last with the rest, n nodes in
// all. Each has two sites with a management network of their own and two
// stretched storage networks, so that all three heartbeat classes occur.
func ShapesForNodes(n int) []Shape {
	var out []Shape
	for first := 0; first < n; first += 16 {
		c := len(out) + 1
		s := Shape{Name: fmt.Sprintf("SIM-HCI%03d", c), Domain: "sim.example", Witness: "cloud", MemoryGB: 512, DrivesPerNode: 4}
		count := min(16, n-first)
		for i := range count {
			site := "East"
			if i >= (count+1)/2 {
				site = "West"
			}
			s.Nodes = append(s.Nodes, NodeShape{Name: fmt.Sprintf("SIM%03d-%02d", c, i+1), Site: site, Rack: fmt.Sprintf("%s-R%d", site, 1+i%4)})
		}
		net := func(third int) string { return fmt.Sprintf("10.%d.%d.0/24", 100+c%100, third) }
		s.Networks = []NetworkShape{{Name: "Mgmt-East", Subnet: net(10), Role: 3, Site: "East"}}
		if count > 1 {
			s.Networks = append(s.Networks, NetworkShape{Name: "Mgmt-West", Subnet: net(11), Role: 3, Site: "West"})
		}
		s.Networks = append(s.Networks, NetworkShape{Name: "SMB-A", Subnet: net(71), Role: 1}, NetworkShape{Name: "SMB-B", Subnet: net(72), Role: 1})
		for v := range min(8, count) {
			s.Volumes = append(s.Volumes, VolumeShape{Name: fmt.Sprintf("CSV%02d", v+1), SizeTB: 8, UsedPct: 40 + float64((c*7+v*11)%40)})
		}
		s.VMCount, s.VMPrefix = count*8, fmt.Sprintf("vm%03d", c)
		out = append(out, s)
	}
	return out
}
