import { openReadingStore } from './local/reading-store.ts'
const folder=process.argv[2]!; const per=20
const DAY=86400000, first=Date.UTC(2025,0,1)-8*3600000
const store=await openReadingStore(folder+'/readings.duckdb')
const meters=Array.from({length:20},(_,c)=>Array.from({length:per},(_,p)=>Array.from({length:10},(_,m)=>`${130101+c}-${String(p).padStart(4,'0')}-E${m+1}`))).flat(2)
for (let k=0;k<2;k++){
const t:number[]=[]; const c0=process.cpuUsage()
for(let n=0;n<40;n++){ const i=Math.floor(Math.random()*meters.length); const from=first+1; const s=performance.now(); await store.range([meters[i]!],from,from+365*DAY); t.push(performance.now()-s) }
t.sort((a,b)=>a-b); const c=process.cpuUsage(c0); console.log('year min',t[0]!.toFixed(1),'p50',t[20]!.toFixed(1),'p90',t[36]!.toFixed(1),'cpu ms each',((c.user+c.system)/40000).toFixed(1)) }
await store.close()
