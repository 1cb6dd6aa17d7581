BEGIN TRANSACTION;
CREATE TABLE account (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  party TEXT NOT NULL,
  site TEXT NOT NULL,
  lot TEXT NOT NULL,
  UNIQUE (lot, kind, party, site)
) STRICT;
INSERT INTO "account" VALUES(8,'lot','LGES','WS','S1');
INSERT INTO "account" VALUES(9,'supplier','LGES','','');
INSERT INTO "account" VALUES(16,'lot','GMBI','WS','S2');
INSERT INTO "account" VALUES(17,'reassay','LGES','WS','');
INSERT INTO "account" VALUES(24,'lot','LGES','WS','S1-a');
INSERT INTO "account" VALUES(32,'lot','LGES','WS','S3');
INSERT INTO "account" VALUES(40,'lot','LGES','WS','S4');
INSERT INTO "account" VALUES(48,'lot','GMBI','WS','B1');
INSERT INTO "account" VALUES(49,'lot','LGES','WS','B1');
INSERT INTO "account" VALUES(50,'emission','LGES','WS','');
INSERT INTO "account" VALUES(56,'lot','LGES','WS','M1');
INSERT INTO "account" VALUES(57,'lot','GMBI','WS','M1');
INSERT INTO "account" VALUES(58,'lot','GMBI','in transit 77','M1');
INSERT INTO "account" VALUES(59,'lot','LGES','in transit 77','M1');
INSERT INTO "account" VALUES(60,'lot','GMBI','REF','M1');
INSERT INTO "account" VALUES(61,'lot','LGES','REF','M1');
INSERT INTO "account" VALUES(64,'lot','LGES','WS','P1');
INSERT INTO "account" VALUES(65,'unaccounted','LGES','WS','');
INSERT INTO "account" VALUES(66,'waste','LGES','WS','');
INSERT INTO "account" VALUES(67,'lot','LGES','REF','P1');
INSERT INTO "account" VALUES(68,'unaccounted','GMBI','in transit 77','');
INSERT INTO "account" VALUES(69,'unaccounted','LGES','in transit 77','');
INSERT INTO "account" VALUES(70,'customer','REFINER','','');
INSERT INTO "account" VALUES(71,'stock-take','LGES','REF','');
INSERT INTO "account" VALUES(72,'waste','LGES','REF','');
INSERT INTO "account" VALUES(80,'lot','LGES','WS','S9');
INSERT INTO "account" VALUES(88,'lot','LGES','WS','T');
CREATE TABLE balance (
  account INTEGER PRIMARY KEY REFERENCES account (id),
  bounded INTEGER NOT NULL,
  last_at INTEGER NOT NULL,
  mass INTEGER NOT NULL,
  "s_Ni" INTEGER NOT NULL,
  "s_Cu" INTEGER NOT NULL,
  "s_C" INTEGER NOT NULL,
  "s_H2O" INTEGER NOT NULL,
  "s_other" INTEGER NOT NULL
, "s_Ti" INTEGER NOT NULL DEFAULT 0) STRICT;
INSERT INTO "balance" VALUES(8,1,1772324040000000,500000000,125000000,0,0,0,375000000,0);
INSERT INTO "balance" VALUES(9,0,0,-2500000000,-300000000,0,0,0,-1700000000,-500000000);
INSERT INTO "balance" VALUES(16,1,1772324100000000,400000000,80000000,0,0,0,320000000,0);
INSERT INTO "balance" VALUES(17,0,0,-10000000,-347000000,0,0,-50000000,214750000,172250000);
INSERT INTO "balance" VALUES(24,1,1772323980000000,10000000,2500000,0,0,0,7500000,0);
INSERT INTO "balance" VALUES(32,1,1772324100000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(40,1,1772324160000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(48,1,1772324100000000,100000000,20000000,0,0,0,80000000,0);
INSERT INTO "balance" VALUES(49,1,1772324100000000,200000000,50000000,0,0,0,150000000,0);
INSERT INTO "balance" VALUES(50,0,0,1000000,0,0,1000000,0,0,0);
INSERT INTO "balance" VALUES(56,1,1772324340000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(57,1,1772324340000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(58,1,1772324400000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(59,1,1772324400000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(60,1,1772324460000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(61,1,1772324460000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(64,1,1772324280000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(65,0,0,14000000,15000000,0,-1000000,0,0,0);
INSERT INTO "balance" VALUES(66,0,0,5000000,0,0,0,0,5000000,0);
INSERT INTO "balance" VALUES(67,1,1772324580000000,70000000,0,0,0,0,70000000,0);
INSERT INTO "balance" VALUES(68,0,0,500000,150000,0,0,0,350000,0);
INSERT INTO "balance" VALUES(69,0,0,1500000,450000,0,0,0,1050000,0);
INSERT INTO "balance" VALUES(70,0,0,198000000,59400000,0,0,0,138600000,0);
INSERT INTO "balance" VALUES(71,0,0,1000000,0,0,0,0,1000000,0);
INSERT INTO "balance" VALUES(72,0,0,9000000,0,0,0,0,9000000,0);
INSERT INTO "balance" VALUES(80,1,1772324940000000,0,0,0,0,0,0,0);
INSERT INTO "balance" VALUES(88,1,1772325120000000,1000000000,294500000,0,0,50000000,327750000,327750000);
CREATE TABLE book (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT;
INSERT INTO "book" VALUES('version','3');
INSERT INTO "book" VALUES('substances','["Ni", "Cu", "C", "H2O", "other"]');
INSERT INTO "book" VALUES('verifier 5a5676fb','gmbi.example/book+5a5676fb+AWjPWKCnhjk1EnAaYGx2oB35/jpDFStvUHm8lAf6gNPd');
CREATE TABLE checkpoint (
  size INTEGER NOT NULL,
  note TEXT NOT NULL,
  PRIMARY KEY (size, note)
) STRICT;
INSERT INTO "checkpoint" VALUES(28,'gmbi.example/book
28
70vV5zCsn6y5TiXePYzu7kgNfAbFvpZAZAp53fbexGo=

— gmbi.example/book WlZ2+xkyufJdI1hRwGc4s+qMYoZ3Z1uP3MY+iG6t4a4d6XBR9WcPByHdoOvWMTJ4Px0SLEgXdHG4W1KjbxwcgrTRDgw=
');
INSERT INTO "checkpoint" VALUES(31,'gmbi.example/book
31
BBFaR8wgSzFZsujpSIOVF+JNMasxgGwCuz3P+TSfG+E=

— gmbi.example/book WlZ2+44eG90/eGFMcB7NIaadI9R52EU3e4FKnif+Lo59z/yE2qswwlo1F0w2GX8Ivnmhu8n/sG5l+bnr0Am875DLwww=
');
CREATE TABLE closing (
  period TEXT PRIMARY KEY,
  event INTEGER NOT NULL REFERENCES event (id) DEFERRABLE INITIALLY DEFERRED,
  start_at INTEGER NOT NULL,
  end_at INTEGER NOT NULL
) STRICT;
INSERT INTO "closing" VALUES('Feb',28,1769904000000000,1772323200000000);
CREATE TABLE edge (
  event INTEGER NOT NULL REFERENCES event (id) DEFERRABLE INITIALLY DEFERRED,
  source TEXT NOT NULL,
  target TEXT NOT NULL,
  mass INTEGER NOT NULL,
  "s_Ni" INTEGER NOT NULL,
  "s_Cu" INTEGER NOT NULL,
  "s_C" INTEGER NOT NULL,
  "s_H2O" INTEGER NOT NULL,
  "s_other" INTEGER NOT NULL, "s_Ti" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (target, event, source)
) STRICT, WITHOUT ROWID;
INSERT INTO "edge" VALUES(15,'S2','B1',100000000,20000000,0,0,0,80000000,0);
INSERT INTO "edge" VALUES(15,'S3','B1',200000000,50000000,0,0,0,150000000,0);
INSERT INTO "edge" VALUES(16,'S4','M1',200000000,60000000,0,0,0,140000000,0);
INSERT INTO "edge" VALUES(16,'S4','P1',80000000,0,0,0,0,80000000,0);
INSERT INTO "edge" VALUES(9,'supplier/LGES//','S1',1000000000,200000000,0,0,0,800000000,0);
INSERT INTO "edge" VALUES(11,'reassay//WS/','S1',10000000,2000000,0,0,0,8000000,0);
INSERT INTO "edge" VALUES(12,'reassay//WS/','S1',50500000,50500000,0,0,0,0,0);
INSERT INTO "edge" VALUES(13,'S1','S1-a',10000000,2500000,0,0,0,7500000,0);
INSERT INTO "edge" VALUES(10,'supplier/LGES//','S2',500000000,100000000,0,0,0,400000000,0);
INSERT INTO "edge" VALUES(14,'S1','S3',200000000,50000000,0,0,0,150000000,0);
INSERT INTO "edge" VALUES(14,'S1','S4',300000000,75000000,0,0,0,225000000,0);
INSERT INTO "edge" VALUES(26,'supplier/LGES//','S9',7000000,1400000,0,0,0,5600000,0);
INSERT INTO "edge" VALUES(27,'supplier/LGES//','S9',-7000000,-1400000,0,0,0,-5600000,0);
INSERT INTO "edge" VALUES(30,'supplier/LGES//','T',1000000000,0,0,0,0,500000000,500000000);
INSERT INTO "edge" VALUES(31,'reassay//WS/','T',344500000,294500000,0,0,50000000,0,0);
INSERT INTO "edge" VALUES(21,'M1','customer/REFINER//',198000000,59400000,0,0,0,138600000,0);
INSERT INTO "edge" VALUES(16,'unaccounted//WS/','emission//WS/',1000000,0,0,1000000,0,0,0);
INSERT INTO "edge" VALUES(12,'S1','reassay//WS/',50500000,0,0,0,0,50500000,0);
INSERT INTO "edge" VALUES(31,'T','reassay//WS/',344500000,0,0,0,0,172250000,172250000);
INSERT INTO "edge" VALUES(22,'P1','stock-take//REF/',1000000,0,0,0,0,1000000,0);
INSERT INTO "edge" VALUES(16,'S4','unaccounted//WS/',15000000,15000000,0,0,0,0,0);
INSERT INTO "edge" VALUES(20,'M1','unaccounted//in transit 77/',2000000,600000,0,0,0,1400000,0);
INSERT INTO "edge" VALUES(23,'P1','waste//REF/',9000000,0,0,0,0,9000000,0);
INSERT INTO "edge" VALUES(16,'S4','waste//WS/',5000000,0,0,0,0,5000000,0);
CREATE TABLE event (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  document TEXT NOT NULL,
  occurred_at INTEGER NOT NULL,
  recorded_at INTEGER NOT NULL,
  command TEXT NOT NULL,
  reverses TEXT,
  leaf BLOB NOT NULL
) STRICT;
INSERT INTO "event" VALUES(1,'k1','register-party','amy','',1772323260000000,1775779201000000,'{"actor":"amy","document":"","key":"k1","name":"","occurred_at":"2026-03-01T00:01:00+00:00","party":"LGES"}',NULL,X'3CBD20535D362D8814EB8C0A6D41BC53002F925AD2AC41969AD99E5CC9870B20');
INSERT INTO "event" VALUES(2,'k2','register-party','amy','',1772323320000000,1775779201000000,'{"actor":"amy","document":"","key":"k2","name":"","occurred_at":"2026-03-01T00:02:00+00:00","party":"GMBI"}',NULL,X'0C914F2FFFC16F30D4C9959932BDC5A9F91944F554377340F68EDCAFE49AD47E');
INSERT INTO "event" VALUES(3,'k3','register-party','amy','',1772323380000000,1775779201000000,'{"actor":"amy","document":"","key":"k3","name":"","occurred_at":"2026-03-01T00:03:00+00:00","party":"REFINER"}',NULL,X'5246E4D9BE0FD446742521D49FB4C728C95B1FD88150D800E2AA42066BB65E00');
INSERT INTO "event" VALUES(4,'k4','register-site','amy','',1772323440000000,1775779201000000,'{"actor":"amy","document":"","key":"k4","limits_kg":{"black mass":"5000"},"name":"","occurred_at":"2026-03-01T00:04:00+00:00","site":"WS"}',NULL,X'682248DA0B13BE03405C68E79ABA0FB45E56FAA6867BE8D999A69E1BE2AE8EF0');
INSERT INTO "event" VALUES(5,'k5','register-site','amy','',1772323500000000,1775779201000000,'{"actor":"amy","document":"","key":"k5","limits_kg":{},"name":"","occurred_at":"2026-03-01T00:05:00+00:00","site":"REF"}',NULL,X'8F716FD6AACB39C51F7481FDCCF8F4E506F5E0BBE1CDFFA1D6C1A43B3CE1A854');
INSERT INTO "event" VALUES(6,'k6','register-material','amy','',1772323560000000,1775779201000000,'{"actor":"amy","document":"","hazard":"","key":"k6","material":"scrap","name":"","occurred_at":"2026-03-01T00:06:00+00:00"}',NULL,X'8D8EAB26A43C9EA137178A46743032CBD6261DA3C56BE67C9A8BCAEA79C9A3FB');
INSERT INTO "event" VALUES(7,'k7','register-material','amy','',1772323620000000,1775779201000000,'{"actor":"amy","document":"","hazard":"black mass","key":"k7","material":"BM","name":"","occurred_at":"2026-03-01T00:07:00+00:00"}',NULL,X'D1743BDB9D48C8B434C5CCF43189FFC189D5C7208E5B1EDA5C058878B7364FBA');
INSERT INTO "event" VALUES(8,'k8','open-period','amy','',1772323680000000,1775779202000000,'{"actor":"amy","document":"","end":"2026-03-01T00:00:00+00:00","key":"k8","occurred_at":"2026-03-01T00:08:00+00:00","period":"Feb","start":"2026-02-01T00:00:00+00:00"}',NULL,X'7D6721A8D6939631EE0D99D5D5CFEBF3557DD22F7D66343520BFB04F5E49204A');
INSERT INTO "event" VALUES(9,'k9','receive','amy','',1772323740000000,1775779203000000,'{"actor":"amy","document":"","key":"k9","lot":"S1","mass_kg":"1000","material":"scrap","occurred_at":"2026-03-01T00:09:00+00:00","owner":"LGES","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}',NULL,X'2832F36232ED3D74D9B5B2613DCC1E5FB8BCB1E29BB9FC298427FF83516AD9DC');
INSERT INTO "event" VALUES(10,'k10','receive','amy','',1772323800000000,1775779204000000,'{"actor":"amy","document":"","key":"k10","lot":"S2","mass_kg":"500","material":"scrap","occurred_at":"2026-03-01T00:10:00+00:00","owner":"GMBI","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}',NULL,X'242246561A724B993A7F9B7192A0D4B825A0BEFEC513CDB4C03FD3169C2FDE77');
INSERT INTO "event" VALUES(11,'k11','weigh','amy','',1772323860000000,1775779205000000,'{"actor":"amy","document":"","gross_kg":"1510","key":"k11","lot":"S1","occurred_at":"2026-03-01T00:11:00+00:00","scale":"","tare_kg":"500","ticket":"T1","uncertainty_kg":"0"}',NULL,X'CDA917F69CB93D09240893862299ADE765ED249768DF1931CC39010349B5649E');
INSERT INTO "event" VALUES(12,'k12','assay','amy','',1772323920000000,1775779206000000,'{"actor":"amy","basis":"as received","document":"","key":"k12","laboratory":"","lot":"S1","method":"","moisture":null,"moisture_uncertainty":null,"occurred_at":"2026-03-01T00:12:00+00:00","sample":"","shares":{"Ni":"0.25"},"stage":"provisional","uncertainty":{}}',NULL,X'716BD862DA6E166B299FC9902ABFF6486C668EFD79673B0F3E857425EE921B1F');
INSERT INTO "event" VALUES(13,'k13','sample','amy','',1772323980000000,1775779207000000,'{"actor":"amy","document":"","key":"k13","lot":"S1","mass_kg":"10","occurred_at":"2026-03-01T00:13:00+00:00","sample":"S1-a"}',NULL,X'0A18A9BC30F61DBF221A7AFBE293B0DFE885C7848DBD56AA91336352750E49B1');
INSERT INTO "event" VALUES(14,'k14','split','amy','',1772324040000000,1775779208000000,'{"actor":"amy","document":"","key":"k14","lot":"S1","occurred_at":"2026-03-01T00:14:00+00:00","parts_kg":{"S3":"200","S4":"300"}}',NULL,X'E4A6A602690E5DF43C281612B092248C6573CFB07B40A892B230C8D89081DEE0');
INSERT INTO "event" VALUES(15,'k15','blend','amy','',1772324100000000,1775779209000000,'{"actor":"amy","document":"","inputs_kg":{"S2":"100","S3":null},"key":"k15","lot":"B1","material":"scrap","occurred_at":"2026-03-01T00:15:00+00:00","site":"WS"}',NULL,X'0B7E58E8738C7FAA2F709DCA0622168CB5B8C221A15C62524FB1CE8763B7BFDE');
INSERT INTO "event" VALUES(16,'k16','process','amy','',1772324160000000,1775779210000000,'{"actor":"amy","document":"","emissions_kg":{"C":"1"},"inputs_kg":{"S4":null},"key":"k16","occurred_at":"2026-03-01T00:16:00+00:00","outputs":[{"lot":"M1","mass_kg":"200","material":"BM","shares":{"Ni":"0.3"}},{"lot":"P1","mass_kg":"80","material":"scrap","shares":{}}],"run":"R1","share_by":"substance","site":"WS","waste_kg":{"other":"5"}}',NULL,X'012D3521613DA404886B63035EAD9843E2B3E3C2FD95AFD923ACEAC3833E702A');
INSERT INTO "event" VALUES(17,'k17','transfer-title','amy','',1772324220000000,1775779211000000,'{"actor":"amy","buyer":"GMBI","document":"","key":"k17","lot":"M1","mass_kg":"50","occurred_at":"2026-03-01T00:17:00+00:00","seller":"LGES"}',NULL,X'F33161200F724F59C2E8AFB64BE0DEBC760C1190FCC7DA9E2AC879D24098B5F4');
INSERT INTO "event" VALUES(18,'k18','move','amy','',1772324280000000,1775779212000000,'{"actor":"amy","document":"","from_site":"WS","key":"k18","lot":"P1","occurred_at":"2026-03-01T00:18:00+00:00","to_site":"REF"}',NULL,X'24774E135659CC0020F8869977EA021C06D258EE5FC869F56C6A6F427A20E2B2');
INSERT INTO "event" VALUES(19,'k19','ship','amy','',1772324340000000,1775779213000000,'{"actor":"amy","consignment":"77","document":"","from_site":"WS","key":"k19","lot":"M1","occurred_at":"2026-03-01T00:19:00+00:00"}',NULL,X'2FE9CFB3B09B659B701A5A5C7EA2E85042DBB9A4626621F596B3786E37E8FA44');
INSERT INTO "event" VALUES(20,'k20','arrive','amy','',1772324400000000,1775779214000000,'{"actor":"amy","consignment":"77","document":"","key":"k20","lot":"M1","mass_kg":"198","occurred_at":"2026-03-01T00:20:00+00:00","site":"REF"}',NULL,X'D45BBF43E4F3077F04D02F2D1DB9881EC1E9F93FCEC3FE1B17A528D46114F81C');
INSERT INTO "event" VALUES(21,'k21','deliver','amy','',1772324460000000,1775779215000000,'{"actor":"amy","customer":"REFINER","document":"","key":"k21","lot":"M1","occurred_at":"2026-03-01T00:21:00+00:00","site":"REF"}',NULL,X'660B2D0D7958B8F6A79874333CCB77EE63FE5D90FDEB234A4BE033AA9CF5A39D');
INSERT INTO "event" VALUES(22,'k22','stock-take','amy','',1772324520000000,1775779216000000,'{"actor":"amy","counted_kg":"79","document":"","key":"k22","lot":"P1","occurred_at":"2026-03-01T00:22:00+00:00","site":"REF"}',NULL,X'2D9FDBD62D8EB25379DA8FC2123A42DE3EC5C98018F64737B86B62C25223D279');
INSERT INTO "event" VALUES(23,'k23','dispose','amy','',1772324580000000,1775779217000000,'{"actor":"amy","document":"","key":"k23","lot":"P1","mass_kg":"9","occurred_at":"2026-03-01T00:23:00+00:00","site":"REF","way":"waste"}',NULL,X'0046FB31AE477E5BF866CD8510D67E607EE835A3BA94CB5ED50F6DD6D784BEF6');
INSERT INTO "event" VALUES(24,'k24','hold','amy','',1772324640000000,1775779218000000,'{"actor":"amy","document":"","key":"k24","lot":"S2","occurred_at":"2026-03-01T00:24:00+00:00","reason":"wet"}',NULL,X'45B19B4C96F9035B28923FD0B2017F7C891E895FE7DEBD4EB71CC420FB04FB3A');
INSERT INTO "event" VALUES(25,'k25','release','amy','',1772324700000000,1775779219000000,'{"actor":"amy","document":"","key":"k25","lot":"S2","occurred_at":"2026-03-01T00:25:00+00:00"}',NULL,X'D05992517CEB1921D04808D44C47784A7C5F25C123455E4B14C52F8B2E23F69B');
INSERT INTO "event" VALUES(26,'k28','receive','amy','',1772324880000000,1775779220000000,'{"actor":"amy","document":"","key":"k28","lot":"S9","mass_kg":"7","material":"scrap","occurred_at":"2026-03-01T00:28:00+00:00","owner":"LGES","shares":{"Ni":"0.2"},"site":"WS","supplier":"LGES"}',NULL,X'CA1C2D8BB80CD6FFDF6DB2DF3C5FD69FD6668A0546A9D7C5EE36D022DBD0EB04');
INSERT INTO "event" VALUES(27,'k29','reverse','amy','',1772324940000000,1775779221000000,'{"actor":"amy","document":"","event":"k28","key":"k29","occurred_at":"2026-03-01T00:29:00+00:00","reason":"typed twice"}','k28',X'87F4B37733399DBB9B857EB7535740D2AC82DEC1968AD73633BD7EAA50129457');
INSERT INTO "event" VALUES(28,'k27','close-period','amy','',1772324820000000,1775779222000000,'{"actor":"amy","document":"","key":"k27","occurred_at":"2026-03-01T00:27:00+00:00","period":"Feb"}',NULL,X'CAEF4F3E151036AE44CABD6CD30E354F1EA4125CF2B77340B8D77CBF76FB489F');
INSERT INTO "event" VALUES(29,'k30','add-substance','amy','',1772325000000000,1775779223000000,'{"actor":"amy","document":"","key":"k30","occurred_at":"2026-03-01T00:30:00+00:00","substance":"Ti"}',NULL,X'183800723D82D15CF0F73EF589550AC18DD77FDAA4C1E87D5A66CF340409233C');
INSERT INTO "event" VALUES(30,'k31','receive','amy','',1772325060000000,1775779224000000,'{"actor":"amy","document":"","key":"k31","lot":"T","mass_kg":"1000","material":"scrap","occurred_at":"2026-03-01T00:31:00+00:00","owner":"LGES","shares":{"Ti":"0.5"},"site":"WS","supplier":"LGES"}',NULL,X'48C973FF60BAD0C200A257561913F991A76EB7AF313B495837FFC1ACED34A99F');
INSERT INTO "event" VALUES(31,'k32','assay','amy','',1772325120000000,1775779225000000,'{"actor":"amy","basis":"dry","document":"","key":"k32","laboratory":"Lab A","lot":"T","method":"","moisture":"0.05","moisture_uncertainty":null,"occurred_at":"2026-03-01T00:32:00+00:00","sample":"A-1","shares":{"Ni":"0.31"},"stage":"final","uncertainty":{"Ni":"0.002"}}',NULL,X'EA51C6C0C10A1AFED7E798CA077BC8F6F2325A3FE7D10572E48769E30C69D613');
CREATE TABLE leaf (
  place INTEGER PRIMARY KEY,
  event INTEGER NOT NULL UNIQUE REFERENCES event (id)
) STRICT;
INSERT INTO "leaf" VALUES(0,1);
INSERT INTO "leaf" VALUES(1,2);
INSERT INTO "leaf" VALUES(2,3);
INSERT INTO "leaf" VALUES(3,4);
INSERT INTO "leaf" VALUES(4,5);
INSERT INTO "leaf" VALUES(5,6);
INSERT INTO "leaf" VALUES(6,7);
INSERT INTO "leaf" VALUES(7,8);
INSERT INTO "leaf" VALUES(8,9);
INSERT INTO "leaf" VALUES(9,10);
INSERT INTO "leaf" VALUES(10,11);
INSERT INTO "leaf" VALUES(11,12);
INSERT INTO "leaf" VALUES(12,13);
INSERT INTO "leaf" VALUES(13,14);
INSERT INTO "leaf" VALUES(14,15);
INSERT INTO "leaf" VALUES(15,16);
INSERT INTO "leaf" VALUES(16,17);
INSERT INTO "leaf" VALUES(17,18);
INSERT INTO "leaf" VALUES(18,19);
INSERT INTO "leaf" VALUES(19,20);
INSERT INTO "leaf" VALUES(20,21);
INSERT INTO "leaf" VALUES(21,22);
INSERT INTO "leaf" VALUES(22,23);
INSERT INTO "leaf" VALUES(23,24);
INSERT INTO "leaf" VALUES(24,25);
INSERT INTO "leaf" VALUES(25,26);
INSERT INTO "leaf" VALUES(26,27);
INSERT INTO "leaf" VALUES(27,28);
INSERT INTO "leaf" VALUES(28,29);
INSERT INTO "leaf" VALUES(29,30);
INSERT INTO "leaf" VALUES(30,31);
CREATE TABLE load (
  site TEXT NOT NULL,
  hazard TEXT NOT NULL,
  mass INTEGER NOT NULL,
  most INTEGER NOT NULL,
  PRIMARY KEY (site, hazard),
  CONSTRAINT storage_limit CHECK (mass <= most)
) STRICT;
INSERT INTO "load" VALUES('WS','black mass',0,5000000000);
CREATE TABLE lot (
  id TEXT PRIMARY KEY,
  material TEXT NOT NULL,
  event INTEGER NOT NULL REFERENCES event (id) DEFERRABLE INITIALLY DEFERRED,
  line INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO "lot" VALUES('B1','scrap',15,0);
INSERT INTO "lot" VALUES('M1','BM',16,0);
INSERT INTO "lot" VALUES('P1','scrap',16,1);
INSERT INTO "lot" VALUES('S1','scrap',9,0);
INSERT INTO "lot" VALUES('S1-a','scrap',13,0);
INSERT INTO "lot" VALUES('S2','scrap',10,0);
INSERT INTO "lot" VALUES('S3','scrap',14,0);
INSERT INTO "lot" VALUES('S4','scrap',14,1);
INSERT INTO "lot" VALUES('S9','scrap',26,0);
INSERT INTO "lot" VALUES('T','scrap',30,0);
CREATE TABLE measurement (
  event INTEGER NOT NULL REFERENCES event (id) DEFERRABLE INITIALLY DEFERRED,
  line INTEGER NOT NULL,
  lot TEXT NOT NULL,
  quantity TEXT NOT NULL,
  value TEXT NOT NULL,
  uncertainty TEXT NOT NULL,
  method TEXT NOT NULL,
  laboratory TEXT NOT NULL,
  sample TEXT NOT NULL,
  grp TEXT NOT NULL,
  stage TEXT NOT NULL,
  basis TEXT NOT NULL,
  PRIMARY KEY (event, line)
) STRICT, WITHOUT ROWID;
INSERT INTO "measurement" VALUES(9,0,'S1','mass','1000000000','','','','','','declared','');
INSERT INTO "measurement" VALUES(10,0,'S2','mass','500000000','','','','','','declared','');
INSERT INTO "measurement" VALUES(11,0,'S1','gross','1510000000','0','weighbridge','','T1','','','');
INSERT INTO "measurement" VALUES(11,1,'S1','tare','500000000','0','weighbridge','','T1','','','');
INSERT INTO "measurement" VALUES(11,2,'S1','mass','1010000000','0','weighbridge','','T1','','','');
INSERT INTO "measurement" VALUES(12,0,'S1','Ni','0.25','','','','','','provisional','');
INSERT INTO "measurement" VALUES(20,0,'M1','mass','198000000','','','','','','arrived','');
INSERT INTO "measurement" VALUES(22,0,'P1','mass','79000000','','','','','','counted','');
INSERT INTO "measurement" VALUES(26,0,'S9','mass','7000000','','','','','','declared','');
INSERT INTO "measurement" VALUES(30,0,'T','mass','1000000000','','','','','','declared','');
INSERT INTO "measurement" VALUES(31,0,'T','Ni','0.31','0.002','','Lab A','A-1','laboratory Lab A','final','dry');
INSERT INTO "measurement" VALUES(31,1,'T','H2O','0.05','','','Lab A','A-1','laboratory Lab A','final','');
CREATE TABLE node (
  level INTEGER NOT NULL,
  place INTEGER NOT NULL,
  hash BLOB NOT NULL,
  PRIMARY KEY (level, place)
) STRICT, WITHOUT ROWID;
INSERT INTO "node" VALUES(4,0,X'5DD74C8B9CDF65EC510DC355798D8B3CC6F5BF6903CA6B521C30286636129AB4');
CREATE TABLE noun (
  event INTEGER NOT NULL REFERENCES event (id) DEFERRABLE INITIALLY DEFERRED,
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  body TEXT NOT NULL,
  PRIMARY KEY (kind, id, event)
) STRICT, WITHOUT ROWID;
INSERT INTO "noun" VALUES(28,'close','Feb','{}');
INSERT INTO "noun" VALUES(24,'hold','S2','{"reason":"wet"}');
INSERT INTO "noun" VALUES(25,'hold','S2','{"reason":""}');
INSERT INTO "noun" VALUES(7,'material','BM','{"hazard":"black mass","name":"BM"}');
INSERT INTO "noun" VALUES(6,'material','scrap','{"hazard":"","name":"scrap"}');
INSERT INTO "noun" VALUES(2,'party','GMBI','{"name":"GMBI"}');
INSERT INTO "noun" VALUES(1,'party','LGES','{"name":"LGES"}');
INSERT INTO "noun" VALUES(3,'party','REFINER','{"name":"REFINER"}');
INSERT INTO "noun" VALUES(8,'period','Feb','{"end":"1772323200000000","start":"1769904000000000"}');
INSERT INTO "noun" VALUES(5,'site','REF','{"limits":{},"name":"REF"}');
INSERT INTO "noun" VALUES(4,'site','WS','{"limits":{"black mass":"5000000000"},"name":"WS"}');
INSERT INTO "noun" VALUES(29,'substance','Ti','{}');
CREATE TABLE posting (
  event INTEGER NOT NULL REFERENCES event (id) DEFERRABLE INITIALLY DEFERRED,
  account INTEGER NOT NULL REFERENCES account (id),
  mass INTEGER NOT NULL,
  "s_Ni" INTEGER NOT NULL,
  "s_Cu" INTEGER NOT NULL,
  "s_C" INTEGER NOT NULL,
  "s_H2O" INTEGER NOT NULL,
  "s_other" INTEGER NOT NULL, "s_Ti" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (event, account)
) STRICT, WITHOUT ROWID;
INSERT INTO "posting" VALUES(9,8,1000000000,200000000,0,0,0,800000000,0);
INSERT INTO "posting" VALUES(9,9,-1000000000,-200000000,0,0,0,-800000000,0);
INSERT INTO "posting" VALUES(10,9,-500000000,-100000000,0,0,0,-400000000,0);
INSERT INTO "posting" VALUES(10,16,500000000,100000000,0,0,0,400000000,0);
INSERT INTO "posting" VALUES(11,8,10000000,2000000,0,0,0,8000000,0);
INSERT INTO "posting" VALUES(11,17,-10000000,-2000000,0,0,0,-8000000,0);
INSERT INTO "posting" VALUES(12,8,0,50500000,0,0,0,-50500000,0);
INSERT INTO "posting" VALUES(12,17,0,-50500000,0,0,0,50500000,0);
INSERT INTO "posting" VALUES(13,8,-10000000,-2500000,0,0,0,-7500000,0);
INSERT INTO "posting" VALUES(13,24,10000000,2500000,0,0,0,7500000,0);
INSERT INTO "posting" VALUES(14,8,-500000000,-125000000,0,0,0,-375000000,0);
INSERT INTO "posting" VALUES(14,32,200000000,50000000,0,0,0,150000000,0);
INSERT INTO "posting" VALUES(14,40,300000000,75000000,0,0,0,225000000,0);
INSERT INTO "posting" VALUES(15,16,-100000000,-20000000,0,0,0,-80000000,0);
INSERT INTO "posting" VALUES(15,32,-200000000,-50000000,0,0,0,-150000000,0);
INSERT INTO "posting" VALUES(15,48,100000000,20000000,0,0,0,80000000,0);
INSERT INTO "posting" VALUES(15,49,200000000,50000000,0,0,0,150000000,0);
INSERT INTO "posting" VALUES(16,40,-300000000,-75000000,0,0,0,-225000000,0);
INSERT INTO "posting" VALUES(16,50,1000000,0,0,1000000,0,0,0);
INSERT INTO "posting" VALUES(16,56,200000000,60000000,0,0,0,140000000,0);
INSERT INTO "posting" VALUES(16,64,80000000,0,0,0,0,80000000,0);
INSERT INTO "posting" VALUES(16,65,14000000,15000000,0,-1000000,0,0,0);
INSERT INTO "posting" VALUES(16,66,5000000,0,0,0,0,5000000,0);
INSERT INTO "posting" VALUES(17,56,-50000000,-15000000,0,0,0,-35000000,0);
INSERT INTO "posting" VALUES(17,57,50000000,15000000,0,0,0,35000000,0);
INSERT INTO "posting" VALUES(18,64,-80000000,0,0,0,0,-80000000,0);
INSERT INTO "posting" VALUES(18,67,80000000,0,0,0,0,80000000,0);
INSERT INTO "posting" VALUES(19,56,-150000000,-45000000,0,0,0,-105000000,0);
INSERT INTO "posting" VALUES(19,57,-50000000,-15000000,0,0,0,-35000000,0);
INSERT INTO "posting" VALUES(19,58,50000000,15000000,0,0,0,35000000,0);
INSERT INTO "posting" VALUES(19,59,150000000,45000000,0,0,0,105000000,0);
INSERT INTO "posting" VALUES(20,58,-50000000,-15000000,0,0,0,-35000000,0);
INSERT INTO "posting" VALUES(20,59,-150000000,-45000000,0,0,0,-105000000,0);
INSERT INTO "posting" VALUES(20,60,49500000,14850000,0,0,0,34650000,0);
INSERT INTO "posting" VALUES(20,61,148500000,44550000,0,0,0,103950000,0);
INSERT INTO "posting" VALUES(20,68,500000,150000,0,0,0,350000,0);
INSERT INTO "posting" VALUES(20,69,1500000,450000,0,0,0,1050000,0);
INSERT INTO "posting" VALUES(21,60,-49500000,-14850000,0,0,0,-34650000,0);
INSERT INTO "posting" VALUES(21,61,-148500000,-44550000,0,0,0,-103950000,0);
INSERT INTO "posting" VALUES(21,70,198000000,59400000,0,0,0,138600000,0);
INSERT INTO "posting" VALUES(22,67,-1000000,0,0,0,0,-1000000,0);
INSERT INTO "posting" VALUES(22,71,1000000,0,0,0,0,1000000,0);
INSERT INTO "posting" VALUES(23,67,-9000000,0,0,0,0,-9000000,0);
INSERT INTO "posting" VALUES(23,72,9000000,0,0,0,0,9000000,0);
INSERT INTO "posting" VALUES(26,9,-7000000,-1400000,0,0,0,-5600000,0);
INSERT INTO "posting" VALUES(26,80,7000000,1400000,0,0,0,5600000,0);
INSERT INTO "posting" VALUES(27,9,7000000,1400000,0,0,0,5600000,0);
INSERT INTO "posting" VALUES(27,80,-7000000,-1400000,0,0,0,-5600000,0);
INSERT INTO "posting" VALUES(30,9,-1000000000,0,0,0,0,-500000000,-500000000);
INSERT INTO "posting" VALUES(30,88,1000000000,0,0,0,0,500000000,500000000);
INSERT INTO "posting" VALUES(31,17,0,-294500000,0,0,-50000000,172250000,172250000);
INSERT INTO "posting" VALUES(31,88,0,294500000,0,0,50000000,-172250000,-172250000);
CREATE TABLE snapshot (
  moment INTEGER NOT NULL,
  account INTEGER NOT NULL REFERENCES account (id),
  recorded_at INTEGER NOT NULL,
  mass INTEGER NOT NULL,
  "s_Ni" INTEGER NOT NULL,
  "s_Cu" INTEGER NOT NULL,
  "s_C" INTEGER NOT NULL,
  "s_H2O" INTEGER NOT NULL,
  "s_other" INTEGER NOT NULL, "s_Ti" INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (moment, account)
) STRICT, WITHOUT ROWID;
CREATE INDEX posting_account ON posting (account, event);
CREATE INDEX event_occurred ON event (occurred_at);
CREATE UNIQUE INDEX event_reverses ON event (reverses) WHERE reverses IS NOT NULL;
CREATE INDEX edge_source ON edge (source);
CREATE INDEX edge_event ON edge (event);
CREATE INDEX lot_event ON lot (event);
CREATE INDEX measurement_lot ON measurement (lot);
CREATE INDEX noun_event ON noun (event);
CREATE TRIGGER account_no_update BEFORE UPDATE ON account BEGIN SELECT RAISE(ABORT, 'frozen: account rows are never changed'); END;
CREATE TRIGGER account_no_delete BEFORE DELETE ON account BEGIN SELECT RAISE(ABORT, 'frozen: account rows are never changed'); END;
CREATE TRIGGER event_no_update BEFORE UPDATE ON event BEGIN SELECT RAISE(ABORT, 'frozen: event rows are never changed'); END;
CREATE TRIGGER event_no_delete BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'frozen: event rows are never changed'); END;
CREATE TRIGGER posting_no_update BEFORE UPDATE ON posting BEGIN SELECT RAISE(ABORT, 'frozen: posting rows are never changed'); END;
CREATE TRIGGER posting_no_delete BEFORE DELETE ON posting BEGIN SELECT RAISE(ABORT, 'frozen: posting rows are never changed'); END;
CREATE TRIGGER edge_no_update BEFORE UPDATE ON edge BEGIN SELECT RAISE(ABORT, 'frozen: edge rows are never changed'); END;
CREATE TRIGGER edge_no_delete BEFORE DELETE ON edge BEGIN SELECT RAISE(ABORT, 'frozen: edge rows are never changed'); END;
CREATE TRIGGER lot_no_update BEFORE UPDATE ON lot BEGIN SELECT RAISE(ABORT, 'frozen: lot rows are never changed'); END;
CREATE TRIGGER lot_no_delete BEFORE DELETE ON lot BEGIN SELECT RAISE(ABORT, 'frozen: lot rows are never changed'); END;
CREATE TRIGGER measurement_no_update BEFORE UPDATE ON measurement BEGIN SELECT RAISE(ABORT, 'frozen: measurement rows are never changed'); END;
CREATE TRIGGER measurement_no_delete BEFORE DELETE ON measurement BEGIN SELECT RAISE(ABORT, 'frozen: measurement rows are never changed'); END;
CREATE TRIGGER noun_no_update BEFORE UPDATE ON noun BEGIN SELECT RAISE(ABORT, 'frozen: noun rows are never changed'); END;
CREATE TRIGGER noun_no_delete BEFORE DELETE ON noun BEGIN SELECT RAISE(ABORT, 'frozen: noun rows are never changed'); END;
CREATE TRIGGER closing_no_update BEFORE UPDATE ON closing BEGIN SELECT RAISE(ABORT, 'frozen: closing rows are never changed'); END;
CREATE TRIGGER closing_no_delete BEFORE DELETE ON closing BEGIN SELECT RAISE(ABORT, 'frozen: closing rows are never changed'); END;
CREATE TRIGGER leaf_no_update BEFORE UPDATE ON leaf BEGIN SELECT RAISE(ABORT, 'frozen: leaf rows are never changed'); END;
CREATE TRIGGER leaf_no_delete BEFORE DELETE ON leaf BEGIN SELECT RAISE(ABORT, 'frozen: leaf rows are never changed'); END;
CREATE TRIGGER node_no_update BEFORE UPDATE ON node BEGIN SELECT RAISE(ABORT, 'frozen: node rows are never changed'); END;
CREATE TRIGGER node_no_delete BEFORE DELETE ON node BEGIN SELECT RAISE(ABORT, 'frozen: node rows are never changed'); END;
CREATE TRIGGER checkpoint_no_update BEFORE UPDATE ON checkpoint BEGIN SELECT RAISE(ABORT, 'frozen: checkpoint rows are never changed'); END;
CREATE TRIGGER checkpoint_no_delete BEFORE DELETE ON checkpoint BEGIN SELECT RAISE(ABORT, 'frozen: checkpoint rows are never changed'); END;
CREATE TRIGGER account_no_replace BEFORE INSERT ON account WHEN EXISTS (SELECT 1 FROM account WHERE id = NEW.id OR (lot, kind, party, site) = (NEW.lot, NEW.kind, NEW.party, NEW.site)) BEGIN SELECT RAISE(ABORT, 'duplicate: this account is there already'); END;
CREATE TRIGGER lot_no_replace BEFORE INSERT ON lot WHEN EXISTS (SELECT 1 FROM lot WHERE id = NEW.id) BEGIN SELECT RAISE(ABORT, 'duplicate: this lot is there already'); END;
CREATE TRIGGER closing_no_replace BEFORE INSERT ON closing WHEN EXISTS (SELECT 1 FROM closing WHERE period = NEW.period) BEGIN SELECT RAISE(ABORT, 'duplicate: this closing is there already'); END;
CREATE TRIGGER leaf_no_replace BEFORE INSERT ON leaf WHEN EXISTS (SELECT 1 FROM leaf WHERE place = NEW.place OR event = NEW.event) BEGIN SELECT RAISE(ABORT, 'duplicate: this leaf is there already'); END;
CREATE TRIGGER edge_unsealed BEFORE INSERT ON edge WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further edge'); END;
CREATE TRIGGER lot_unsealed BEFORE INSERT ON lot WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further lot'); END;
CREATE TRIGGER measurement_unsealed BEFORE INSERT ON measurement WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further measurement'); END;
CREATE TRIGGER noun_unsealed BEFORE INSERT ON noun WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further noun'); END;
CREATE TRIGGER closing_unsealed BEFORE INSERT ON closing WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.event) BEGIN SELECT RAISE(ABORT, 'sealed: the event takes no further closing'); END;
CREATE TRIGGER account_opens AFTER INSERT ON account BEGIN INSERT INTO balance (account, bounded, last_at, mass, "s_Ni", "s_Cu", "s_C", "s_H2O", "s_other", "s_Ti") VALUES (NEW.id, NEW.kind = 'lot', 0, 0, 0, 0, 0, 0, 0, 0); END;
CREATE TRIGGER posting_enters BEFORE INSERT ON posting BEGIN SELECT CASE WHEN EXISTS (SELECT 1 FROM event WHERE id = NEW.event) THEN RAISE(ABORT, 'sealed: the event takes no further posting') WHEN EXISTS (SELECT 1 FROM posting WHERE event = NEW.event AND account = NEW.account) THEN RAISE(ABORT, 'duplicate: this posting is there already') WHEN NEW.mass <> NEW."s_Ni" + NEW."s_Cu" + NEW."s_C" + NEW."s_H2O" + NEW."s_other" + NEW."s_Ti" THEN RAISE(ABORT, 'leg: substances do not add up to the mass') END; END;
CREATE TRIGGER event_enters BEFORE INSERT ON event BEGIN SELECT CASE WHEN NEW.id <= (SELECT max(id) FROM event) OR EXISTS (SELECT 1 FROM event WHERE key = NEW.key) OR (NEW.reverses IS NOT NULL AND EXISTS (SELECT 1 FROM event WHERE reverses = NEW.reverses)) THEN RAISE(ABORT, 'duplicate: this event is there already, or a later one') WHEN EXISTS (SELECT 1 FROM closing WHERE event < NEW.id AND start_at <= NEW.occurred_at AND NEW.occurred_at < end_at) THEN RAISE(ABORT, 'closed: the event is dated into a closed period') WHEN (SELECT sum("s_Ni") <> 0 OR sum("s_Cu") <> 0 OR sum("s_C") <> 0 OR sum("s_H2O") <> 0 OR sum("s_other") <> 0 OR sum("s_Ti") <> 0 FROM posting WHERE event = NEW.id) THEN RAISE(ABORT, 'unbalanced: the event does not sum to zero') END; UPDATE balance SET last_at = max(last_at, bounded * NEW.occurred_at), mass = balance.mass + p.mass, "s_Ni" = balance."s_Ni" + p."s_Ni", "s_Cu" = balance."s_Cu" + p."s_Cu", "s_C" = balance."s_C" + p."s_C", "s_H2O" = balance."s_H2O" + p."s_H2O", "s_other" = balance."s_other" + p."s_other", "s_Ti" = balance."s_Ti" + p."s_Ti" FROM posting p WHERE p.event = NEW.id AND balance.account = p.account; END;
CREATE TRIGGER balance_floor BEFORE UPDATE ON balance WHEN NEW.bounded AND (NEW."s_Ni" < 0 OR NEW."s_Cu" < 0 OR NEW."s_C" < 0 OR NEW."s_H2O" < 0 OR NEW."s_other" < 0 OR NEW."s_Ti" < 0) BEGIN SELECT CASE WHEN 1 THEN RAISE(ABORT, 'negative: a lot would be below zero') END; END;
COMMIT;
