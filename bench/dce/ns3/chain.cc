// SPDX-License-Identifier: GPL-2.0-only

// A row of hosts: UDP at a constant rate from the first to the last, over static routes.
#include "measure.h"

using namespace ns3;

int
main(int argc, char* argv[])
{
    bench::Workload workload;
    uint32_t payloadBytes = 0;
    uint64_t intervalNs = 0;
    CommandLine options(__FILE__);
    workload.AddTo(options);
    options.AddValue("payloadBytes", "of each datagram", payloadBytes);
    options.AddValue("intervalNs", "between datagrams", intervalNs);
    options.Parse(argc, argv);

    NodeContainer nodes(workload.hosts);
    bench::InstallStack(nodes);
    Ipv4AddressHelper addresses("10.0.0.0", "255.255.255.252");
    Ipv4StaticRoutingHelper routing;
    Ipv4Address last;
    for (uint32_t i = 0; i + 1 < workload.hosts; i++)
    {
        const NetDeviceContainer devices =
            bench::Connect(nodes.Get(i), nodes.Get(i + 1), workload);
        const Ipv4InterfaceContainer interfaces = addresses.Assign(devices);
        addresses.NewNetwork();
        last = interfaces.GetAddress(1);
        // Forward is the default; what comes back does not.
        routing.GetStaticRouting(nodes.Get(i)->GetObject<Ipv4>())
            ->SetDefaultRoute(last, interfaces.Get(0).second);
    }

    const uint16_t port = 9000;
    UdpServerHelper server(port);
    server.Install(nodes.Get(workload.hosts - 1)).Start(Seconds(0));
    UdpClientHelper client(last, port);
    client.SetAttribute("MaxPackets", UintegerValue(0xffffffff));
    client.SetAttribute("Interval", TimeValue(NanoSeconds(intervalNs)));
    client.SetAttribute("PacketSize", UintegerValue(payloadBytes));
    client.Install(nodes.Get(0)).Start(Seconds(0.01));

    bench::RunAndReport(workload);
    Simulator::Destroy();
    return 0;
}
