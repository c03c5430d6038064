// SPDX-License-Identifier: GPL-2.0-only

// Many pairs of hosts, each with a link and a bulk TCP flow of its own.
#include "measure.h"

using namespace ns3;

int
main(int argc, char* argv[])
{
    bench::Workload workload;
    uint32_t windowBytes = 0;
    CommandLine options(__FILE__);
    workload.AddTo(options);
    options.AddValue("windowBytes", "of the receivers", windowBytes);
    options.Parse(argc, argv);

    bench::ConfigureTcp(windowBytes);
    NodeContainer nodes(workload.hosts);
    bench::InstallStack(nodes);
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.252");
    for (uint32_t i = 0; i + 1 < workload.hosts; i += 2)
    {
        const NetDeviceContainer devices =
            bench::Connect(nodes.Get(i), nodes.Get(i + 1), workload);
        const Ipv4InterfaceContainer interfaces = addresses.Assign(devices);
        addresses.NewNetwork();
        bench::StartFlow(nodes.Get(i), nodes.Get(i + 1), interfaces.GetAddress(1));
    }
    bench::RunAndReport(workload);
    Simulator::Destroy();
    return 0;
}
