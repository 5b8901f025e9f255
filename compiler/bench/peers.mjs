// Draws graphs with another project's layout.
//
//     node peers.mjs elkjs|dagre < graphs.txt
//
// reads one graph a line (`NAME NODES FROM>TO,TO ...`) and answers one JSON object a line: the layout with
// its version, the milliseconds that it took, the top left corners of the nodes and the corners of the lines.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import dagre from '@dagrejs/dagre';
import ELK from 'elkjs';

// Those of our own default.
const SIZE = { width: 180, height: 44 };

function parse(line) {
  const [name, nodes, ...lists] = line.split(' ');
  const edges = lists.flatMap((list) => {
    const [from, targets] = list.split('>');
    return targets.split(',').map((to) => [from, to]);
  });
  return { name, nodes: Array.from({ length: Number(nodes) }, (_, node) => String(node)), edges };
}

const corner = ({ x, y }) => [x, y];

const layouts = {
  elkjs: {
    module: 'elkjs',
    prepare: ({ nodes, edges }) => ({
      id: 'root',
      layoutOptions: { 'elk.algorithm': 'layered', 'elk.direction': 'RIGHT', 'elk.edgeRouting': 'POLYLINE' },
      children: nodes.map((id) => ({ id, ...SIZE })),
      edges: edges.map(([from, to], id) => ({ id: `e${id}`, sources: [from], targets: [to] })),
    }),
    draw: (graph) => new ELK().layout(graph),
    read: ({ children, edges }) => ({
      nodes: children.map(corner),
      lines: edges.map(({ sections: [{ startPoint, bendPoints = [], endPoint }] }) =>
        [startPoint, ...bendPoints, endPoint].map(corner)),
    }),
  },
  dagre: {
    module: '@dagrejs/dagre',
    prepare: ({ nodes, edges }) => {
      const graph = new dagre.graphlib.Graph().setGraph({ rankdir: 'LR' }).setDefaultEdgeLabel(() => ({}));
      nodes.forEach((id) => graph.setNode(id, { ...SIZE }));
      edges.forEach(([from, to]) => graph.setEdge(from, to));
      return graph;
    },
    draw: (graph) => {
      dagre.layout(graph);
      return graph;
    },
    read: (graph) => ({
      nodes: graph.nodes().map((id) => graph.node(id)).map(({ x, y }) => [x - SIZE.width / 2, y - SIZE.height / 2]),
      lines: graph.edges().map((edge) => graph.edge(edge).points.map(corner)),
    }),
  },
};

process.on('uncaughtException', ({ message }) => {
  console.error(message.slice(0, 300));
  process.exit(1);
});

const { module, prepare, draw, read } = layouts[process.argv[2]];
const manifest = new URL(`node_modules/${module}/package.json`, import.meta.url);
const layout = `${process.argv[2]} ${JSON.parse(readFileSync(manifest, 'utf8')).version}`;
for await (const line of createInterface({ input: process.stdin })) {
  const graph = parse(line);
  const prepared = prepare(graph);
  const started = performance.now();
  const drawn = await draw(prepared);
  const milliseconds = performance.now() - started;
  console.log(JSON.stringify({ layout, name: graph.name, milliseconds, ...read(drawn) }));
}
