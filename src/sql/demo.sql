-- The demo data: events, editions and races in Miles Republic, and the proposals that six agents made
-- about them, one or more for each branch of the enrichment and of the filters.
--
--     psql -v ON_ERROR_STOP=1 -v miles_url=URL -d data_agents -f demo.sql
--
-- URL is what the API is to connect to Miles Republic with. Both databases exist on one server, with
-- their schemas and without rows: nothing is ever deleted here, so rows that are there are a failure
-- (after a run that failed half way, start again from two fresh databases).
-- Nothing is random. All dates hang on `today`, so that the demo looks recent whenever it is made;
-- on one day it is the same to the byte. Times are UTC, as in the live tables.

\set QUIET on
\if :{?miles_url}
\else
DO $$ BEGIN RAISE EXCEPTION 'demo.sql needs -v miles_url=URL'; END $$;
\quit
\endif
\set data_agents :DBNAME
SELECT date_trunc('day', now() AT TIME ZONE 'UTC')::date AS today \gset

--------------------------------------------------------------------------------------------------
-- Miles Republic
--------------------------------------------------------------------------------------------------
\connect miles_republic
SET client_min_messages = warning;
SET TimeZone = 'UTC';
BEGIN;

CREATE TEMP TABLE place (city text PRIMARY KEY, code text, department text, region text,
                         time_zone text DEFAULT 'Europe/Paris') ON COMMIT DROP;
INSERT INTO place (city, code, department, region) VALUES
    ('Ajaccio',                '2A',  'Corse-du-Sud',            'Corse'),
    ('Albi',                   '81',  'Tarn',                    'Occitanie'),
    ('Alençon',                '61',  'Orne',                    'Normandie'),
    ('Amboise',                '37',  'Indre-et-Loire',          'Centre-Val de Loire'),
    ('Annonay',                '07',  'Ardèche',                 'Auvergne-Rhône-Alpes'),
    ('Arcachon',               '33',  'Gironde',                 'Nouvelle-Aquitaine'),
    ('Argelès-sur-Mer',        '66',  'Pyrénées-Orientales',     'Occitanie'),
    ('Arras',                  '62',  'Pas-de-Calais',           'Hauts-de-France'),
    ('Aurillac',               '15',  'Cantal',                  'Auvergne-Rhône-Alpes'),
    ('Autun',                  '71',  'Saône-et-Loire',          'Bourgogne-Franche-Comté'),
    ('Auxerre',                '89',  'Yonne',                   'Bourgogne-Franche-Comté'),
    ('Bar-le-Duc',             '55',  'Meuse',                   'Grand Est'),
    ('Bayeux',                 '14',  'Calvados',                'Normandie'),
    ('Beauvais',               '60',  'Oise',                    'Hauts-de-France'),
    ('Belfort',                '90',  'Territoire de Belfort',   'Bourgogne-Franche-Comté'),
    ('Bergerac',               '24',  'Dordogne',                'Nouvelle-Aquitaine'),
    ('Besançon',               '25',  'Doubs',                   'Bourgogne-Franche-Comté'),
    ('Blois',                  '41',  'Loir-et-Cher',            'Centre-Val de Loire'),
    ('Bourges',                '18',  'Cher',                    'Centre-Val de Loire'),
    ('Briançon',               '05',  'Hautes-Alpes',            'Provence-Alpes-Côte d''Azur'),
    ('Brive-la-Gaillarde',     '19',  'Corrèze',                 'Nouvelle-Aquitaine'),
    ('Cahors',                 '46',  'Lot',                     'Occitanie'),
    ('Carcassonne',            '11',  'Aude',                    'Occitanie'),
    ('Castellane',             '04',  'Alpes-de-Haute-Provence', 'Provence-Alpes-Côte d''Azur'),
    ('Chalon-sur-Saône',       '71',  'Saône-et-Loire',          'Bourgogne-Franche-Comté'),
    ('Charleville-Mézières',   '08',  'Ardennes',                'Grand Est'),
    ('Chartres',               '28',  'Eure-et-Loir',            'Centre-Val de Loire'),
    ('Cherbourg-en-Cotentin',  '50',  'Manche',                  'Normandie'),
    ('Cilaos',                 '974', 'La Réunion',              'La Réunion'),
    ('Clermont-Ferrand',       '63',  'Puy-de-Dôme',             'Auvergne-Rhône-Alpes'),
    ('Colmar',                 '68',  'Haut-Rhin',               'Grand Est'),
    ('Dax',                    '40',  'Landes',                  'Nouvelle-Aquitaine'),
    ('Digne-les-Bains',        '04',  'Alpes-de-Haute-Provence', 'Provence-Alpes-Côte d''Azur'),
    ('Dinan',                  '22',  'Côtes-d''Armor',          'Bretagne'),
    ('Dole',                   '39',  'Jura',                    'Bourgogne-Franche-Comté'),
    ('Embrun',                 '05',  'Hautes-Alpes',            'Provence-Alpes-Côte d''Azur'),
    ('Épinal',                 '88',  'Vosges',                  'Grand Est'),
    ('Étampes',                '91',  'Essonne',                 'Île-de-France'),
    ('Évreux',                 '27',  'Eure',                    'Normandie'),
    ('Florac',                 '48',  'Lozère',                  'Occitanie'),
    ('Foix',                   '09',  'Ariège',                  'Occitanie'),
    ('Fontainebleau',          '77',  'Seine-et-Marne',          'Île-de-France'),
    ('Gérardmer',              '88',  'Vosges',                  'Grand Est'),
    ('Guéret',                 '23',  'Creuse',                  'Nouvelle-Aquitaine'),
    ('Issoire',                '63',  'Puy-de-Dôme',             'Auvergne-Rhône-Alpes'),
    ('La Rochelle',            '17',  'Charente-Maritime',       'Nouvelle-Aquitaine'),
    ('Laval',                  '53',  'Mayenne',                 'Pays de la Loire'),
    ('Le Moule',               '971', 'Guadeloupe',              'Guadeloupe'),
    ('Le Puy-en-Velay',        '43',  'Haute-Loire',             'Auvergne-Rhône-Alpes'),
    ('Lons-le-Saunier',        '39',  'Jura',                    'Bourgogne-Franche-Comté'),
    ('Mâcon',                  '71',  'Saône-et-Loire',          'Bourgogne-Franche-Comté'),
    ('Mende',                  '48',  'Lozère',                  'Occitanie'),
    ('Millau',                 '12',  'Aveyron',                 'Occitanie'),
    ('Mont-de-Marsan',         '40',  'Landes',                  'Nouvelle-Aquitaine'),
    ('Morlaix',                '29',  'Finistère',               'Bretagne'),
    ('Moulins',                '03',  'Allier',                  'Auvergne-Rhône-Alpes'),
    ('Narbonne',               '11',  'Aude',                    'Occitanie'),
    ('Nevers',                 '58',  'Nièvre',                  'Bourgogne-Franche-Comté'),
    ('Niort',                  '79',  'Deux-Sèvres',             'Nouvelle-Aquitaine'),
    ('Oloron-Sainte-Marie',    '64',  'Pyrénées-Atlantiques',    'Nouvelle-Aquitaine'),
    ('Périgueux',              '24',  'Dordogne',                'Nouvelle-Aquitaine'),
    ('Pontarlier',             '25',  'Doubs',                   'Bourgogne-Franche-Comté'),
    ('Pontoise',               '95',  'Val-d''Oise',             'Île-de-France'),
    ('Provins',                '77',  'Seine-et-Marne',          'Île-de-France'),
    ('Quimper',                '29',  'Finistère',               'Bretagne'),
    ('Rambouillet',            '78',  'Yvelines',                'Île-de-France'),
    ('Rodez',                  '12',  'Aveyron',                 'Occitanie'),
    ('Saint-Étienne',          '42',  'Loire',                   'Auvergne-Rhône-Alpes'),
    ('Saint-Lô',               '50',  'Manche',                  'Normandie'),
    ('Saint-Omer',             '62',  'Pas-de-Calais',           'Hauts-de-France'),
    ('Saintes',                '17',  'Charente-Maritime',       'Nouvelle-Aquitaine'),
    ('Saumur',                 '49',  'Maine-et-Loire',          'Pays de la Loire'),
    ('Sète',                   '34',  'Hérault',                 'Occitanie'),
    ('Soissons',               '02',  'Aisne',                   'Hauts-de-France'),
    ('Tarbes',                 '65',  'Hautes-Pyrénées',         'Occitanie'),
    ('Thonon-les-Bains',       '74',  'Haute-Savoie',            'Auvergne-Rhône-Alpes'),
    ('Troyes',                 '10',  'Aube',                    'Grand Est'),
    ('Valence',                '26',  'Drôme',                   'Auvergne-Rhône-Alpes'),
    ('Vannes',                 '56',  'Morbihan',                'Bretagne'),
    ('Vendôme',                '41',  'Loir-et-Cher',            'Centre-Val de Loire'),
    ('Verdun',                 '55',  'Meuse',                   'Grand Est'),
    ('Vichy',                  '03',  'Allier',                  'Auvergne-Rhône-Alpes'),
    ('Vizille',                '38',  'Isère',                   'Auvergne-Rhône-Alpes'),
    ('Voiron',                 '38',  'Isère',                   'Auvergne-Rhône-Alpes');
UPDATE place SET time_zone = CASE code WHEN '971' THEN 'America/Guadeloupe' ELSE 'Indian/Reunion' END WHERE code LIKE '97%';

-- What is run at an event of each format. A # in the name stands for the distance, and says that both
-- distance and climb differ from one event to the next. `starts` is local time.
CREATE TEMP TABLE course (format text, rank integer, name text, run float8, walk float8, bike float8, swim float8,
                          run2 float8, climb float8, level1 text, level2 text, starts time,
                          PRIMARY KEY (format, rank)) ON COMMIT DROP;
INSERT INTO course VALUES
    ('road',      1, '10 km',                  10,      0,   0,    0,    0,   60,   'RUNNING',   'KM10',               '10:00'),
    ('road',      2, '5 km',                   5,       0,   0,    0,    0,   25,   'RUNNING',   'KM5',                '09:15'),
    ('road',      3, 'Course des enfants',     1.2,     0,   0,    0,    0,   NULL, 'RUNNING',   'LESS_THAN_5_KM',     '11:30'),
    ('road',      4, 'Marche # km',            0,       8,   0,    0,    0,   45,   'WALK',      'HIKING',             '09:20'),
    ('half',      1, 'Semi-marathon',          21.0975, 0,   0,    0,    0,   135,  'RUNNING',   'HALF_MARATHON',      '09:30'),
    ('half',      2, '10 km',                  10,      0,   0,    0,    0,   55,   'RUNNING',   'KM10',               '10:00'),
    ('half',      3, 'Relais à deux',          21.0975, 0,   0,    0,    0,   135,  'RUNNING',   'EKIDEN',             '09:30'),
    ('marathon',  1, 'Marathon',               42.195,  0,   0,    0,    0,   240,  'RUNNING',   'MARATHON',           '08:30'),
    ('marathon',  2, 'Semi-marathon',          21.0975, 0,   0,    0,    0,   120,  'RUNNING',   'HALF_MARATHON',      '09:00'),
    ('marathon',  3, '10 km',                  10,      0,   0,    0,    0,   50,   'RUNNING',   'KM10',               '10:15'),
    ('marathon',  4, 'Marathon relais',        42.195,  0,   0,    0,    0,   240,  'RUNNING',   'EKIDEN',             '08:45'),
    ('corrida',   1, 'Corrida # km',           8.4,     0,   0,    0,    0,   40,   'RUNNING',   'LESS_THAN_10_KM',    '18:30'),
    ('corrida',   2, 'Course des lutins',      1.5,     0,   0,    0,    0,   NULL, 'RUNNING',   'LESS_THAN_5_KM',     '17:15'),
    ('corrida',   3, 'Marche aux flambeaux',   0,       5,   0,    0,    0,   30,   'WALK',      'HIKING',             '19:45'),
    ('cross',     1, 'Cross long',             9.2,     0,   0,    0,    0,   140,  'RUNNING',   'CROSS',              '14:30'),
    ('cross',     2, 'Cross court',            4.1,     0,   0,    0,    0,   60,   'RUNNING',   'CROSS',              '13:30'),
    ('cross',     3, 'Cross des jeunes',       2.3,     0,   0,    0,    0,   25,   'RUNNING',   'CROSS',              '11:00'),
    ('trail',     1, 'Trail # km',             23,      0,   0,    0,    0,   880,  'TRAIL',     'SHORT_TRAIL',        '09:00'),
    ('trail',     2, 'Trail découverte # km',  11,      0,   0,    0,    0,   380,  'TRAIL',     'DISCOVERY_TRAIL',    '09:45'),
    ('trail',     3, 'Marche nordique # km',   0,       10,  0,    0,    0,   240,  'WALK',      'NORDIC_WALK',        '09:15'),
    ('mountain',  1, 'Grand trail # km',       48,      0,   0,    0,    0,   2650, 'TRAIL',     'LONG_TRAIL',         '06:00'),
    ('mountain',  2, 'Trail # km',             26,      0,   0,    0,    0,   1350, 'TRAIL',     'SHORT_TRAIL',        '08:30'),
    ('mountain',  3, 'Trail découverte # km',  12,      0,   0,    0,    0,   540,  'TRAIL',     'DISCOVERY_TRAIL',    '10:00'),
    ('mountain',  4, 'Kilomètre vertical',     4.2,     0,   0,    0,    0,   1000, 'TRAIL',     'VERTICAL_KILOMETER', '16:00'),
    ('ultra',     1, 'Ultra # km',             104,     0,   0,    0,    0,   6200, 'TRAIL',     'ULTRA_TRAIL',        '04:00'),
    ('ultra',     2, 'Grand trail # km',       61,      0,   0,    0,    0,   3400, 'TRAIL',     'LONG_TRAIL',         '06:00'),
    ('ultra',     3, 'Trail # km',             31,      0,   0,    0,    0,   1650, 'TRAIL',     'SHORT_TRAIL',        '08:00'),
    ('ultra',     4, 'Trail découverte # km',  14,      0,   0,    0,    0,   620,  'TRAIL',     'DISCOVERY_TRAIL',    '09:30'),
    ('ultra',     5, 'Randonnée # km',         0,       12,  0,    0,    0,   480,  'WALK',      'HIKING',             '09:00'),
    ('triathlon', 1, 'Triathlon M',            10,      0,   40,   1.5,  0,   NULL, 'TRIATHLON', 'TRIATHLON_M',        '13:30'),
    ('triathlon', 2, 'Triathlon S',            5,       0,   20,   0.75, 0,   NULL, 'TRIATHLON', 'TRIATHLON_S',        '09:30'),
    ('triathlon', 3, 'Triathlon XS',           2.5,     0,   10,   0.4,  0,   NULL, 'TRIATHLON', 'TRIATHLON_XS',       '11:30'),
    ('triathlon', 4, 'Triathlon jeunes',       1.5,     0,   4,    0.2,  0,   NULL, 'TRIATHLON', 'TRIATHLON_KIDS',     '10:45'),
    ('duathlon',  1, 'Duathlon S',             5,       0,   20,   0,    2.5, NULL, 'TRIATHLON', 'DUATHLON_S',         '10:30'),
    ('duathlon',  2, 'Duathlon XS',            2.5,     0,   10,   0,    1.2, NULL, 'TRIATHLON', 'DUATHLON_XS',        '09:00'),
    ('swimrun',   1, 'Swimrun # km',           17,      0,   0,    4.2,  0,   410,  'TRIATHLON', 'SWIM_RUN_M',         '08:30'),
    ('swimrun',   2, 'Swimrun découverte',     6.5,     0,   0,    1.5,  0,   150,  'TRIATHLON', 'SWIM_RUN_S',         '10:30'),
    ('cycling',   1, 'Cyclosportive # km',     0,       0,   142,  0,    0,   2100, 'CYCLING',   'GRAN_FONDO',         '08:00'),
    ('cycling',   2, 'Médio # km',             0,       0,   88,   0,    0,   1150, 'CYCLING',   'GRAN_FONDO',         '08:30'),
    ('cycling',   3, 'Cyclotouriste # km',     0,       0,   54,   0,    0,   480,  'CYCLING',   'BIKE_TOURING',       '09:00'),
    ('gravel',    1, 'Gravel # km',            0,       0,   108,  0,    0,   1600, 'CYCLING',   'GRAVEL_RACE',        '08:00'),
    ('gravel',    2, 'Gravel # km',            0,       0,   62,   0,    0,   820,  'CYCLING',   'GRAVEL_RACE',        '09:00'),
    ('swim',      1, 'Traversée 5 km',         0,       0,   0,    5,    0,   NULL, 'OTHER',     'OPEN_WATER_SWIM',    '09:00'),
    ('swim',      2, 'Traversée 2,5 km',       0,       0,   0,    2.5,  0,   NULL, 'OTHER',     'OPEN_WATER_SWIM',    '10:30'),
    ('swim',      3, 'Découverte 1 km',        0,       0,   0,    1,    0,   NULL, 'OTHER',     'OPEN_WATER_SWIM',    '11:30'),
    ('walk',      1, 'Randonnée # km',         0,       21,  0,    0,    0,   560,  'WALK',      'HIKING',             '08:00'),
    ('walk',      2, 'Marche nordique # km',   0,       9,   0,    0,    0,   180,  'WALK',      'NORDIC_WALK',        '09:30');

-- The events, all invented. Each is held on the Sunday (`week`: the how many-th of `month`), the long
-- ones, the evening ones and those in open water on the Saturday before it.
CREATE TEMP TABLE happening (n integer GENERATED ALWAYS AS IDENTITY, name text, city text, format text, month integer, week integer,
                             twin_of text) ON COMMIT DROP;
INSERT INTO happening (name, city, format, month, week) VALUES
    ('Les Foulées du Vieux Pont',              'Cahors',                'road',      3,  4),
    ('Trail des Trois Combes',                 'Vizille',               'mountain',  6,  3),
    ('Les 10 km des Quais Fleuris',            'Chalon-sur-Saône',      'road',      4,  1),
    ('Triathlon du Lac aux Hérons',            'Embrun',                'triathlon', 6,  2),
    ('Semi-marathon des Deux Écluses',         'Auxerre',               'half',      10, 2),
    ('Trail du Rocher Blanc',                  'Le Puy-en-Velay',       'trail',     4,  3),
    ('La Ronde des Tanneurs',                  'Annonay',               'road',      5,  2),
    ('Ultra des Hautes Drailles',              'Florac',                'ultra',     5,  4),
    ('Corrida de Noël 🎄',                     'Issoire',               'corrida',   12, 3),
    ('Marathon des Vignes Hautes',             'Colmar',                'marathon',  10, 3),
    ('Trail des Sapins Bleus',                 'Gérardmer',             'trail',     9,  2),
    ('La Cyclo des Sept Cols',                 'Castellane',            'cycling',   6,  4),
    ('Les Foulées de la Porte Noire',          'Besançon',              'road',      9,  3),
    ('Cross de la Plaine aux Alouettes',       'Bourges',               'cross',     1,  2),
    ('Trail de la Côte d''Émeraude intérieure', 'Dinan',                'trail',     3,  2),
    ('Semi des Remparts de l''Ill',            'Colmar',                'half',      4,  4),
    ('Traversée du Golfe des Îlots',           'Vannes',                'swim',      7,  3),
    ('La Boucle du Canal Latéral',             'Moulins',               'road',      6,  1),
    ('Trail des Gorges de l''Aiguille',        'Digne-les-Bains',       'mountain',  5,  3),
    ('Duathlon des Bords de Loire',            'Nevers',                'duathlon',  3,  3),
    ('Les 10 km de la Halle aux Grains',       'Chartres',              'road',      11, 2),
    ('Gravel des Landes Perdues',              'Mont-de-Marsan',        'gravel',    4,  2),
    ('Trail de la Combe aux Loups',            'Pontarlier',            'mountain',  7,  2),
    ('Les Foulées Roses du Ruisseau',          'Laval',                 'road',      10, 1),
    ('Marathon de la Vallée des Moulins',      'Saumur',                'marathon',  4,  2),
    ('Trail du Causse Rouge',                  'Millau',                'mountain',  10, 4),
    ('Swimrun des Calanques de Granit',        'Ajaccio',               'swimrun',   9,  4),
    ('La Nocturne des Lavoirs',                'Autun',                 'corrida',   6,  4),
    ('Semi-marathon du Beffroi',               'Arras',                 'half',      9,  1),
    ('Trail des Grands Ducs',                  'Fontainebleau',         'trail',     2,  4),
    ('Les Dix Bornes du Marais',               'Saint-Omer',            'road',      5,  3),
    ('Triathlon des Sources',                  'Vichy',                 'triathlon', 8,  4),
    ('Randonnée des Bories',                   'Castellane',            'walk',      5,  1),
    ('Ultra du Volcan Endormi',                'Aurillac',              'ultra',     6,  3),
    ('Les Foulées du Pont Transbordeur',       'Saintes',               'road',      3,  1),
    ('Trail des Ardoisières',                  'Charleville-Mézières',  'trail',     5,  3),
    ('Corrida des Lumières de l''Avent',       'Épinal',                'corrida',   12, 2),
    ('La Ronde des Hortillons',                'Beauvais',              'road',      6,  2),
    ('Trail de l''Éperon',                     'Foix',                  'trail',     10, 3),
    ('Semi-marathon de l''Estuaire',           'La Rochelle',           'half',      3,  3),
    ('La Granfondo du Bocage',                 'Alençon',               'cycling',   5,  2),
    ('Trail des Falaises Crayeuses',           'Évreux',                'trail',     9,  3),
    ('Les Foulées du Muguet',                  'Étampes',               'road',      5,  1),
    ('Triathlon de la Dune',                   'Arcachon',              'triathlon', 6,  3),
    ('Cross du Bois de la Faisanderie',        'Rambouillet',           'cross',     11, 4),
    ('Trail du Pas de l''Échelle',             'Voiron',                'mountain',  9,  2),
    ('Les 10 km du Jardin Public',             'Bergerac',              'road',      2,  3),
    ('Trail des Pêcheurs d''Étoiles',          'Sète',                  'trail',     11, 3),
    ('Semi de la Cité Haute',                  'Carcassonne',           'half',      5,  4),
    ('Trail du Piton des Brumes',              'Cilaos',                'mountain',  8,  2),
    ('Marathon des Terres Blanches',           'Troyes',                'marathon',  10, 2),
    ('Les Foulées du Carillon',                'Soissons',              'road',      4,  4),
    ('Duathlon de la Citadelle',               'Belfort',               'duathlon',  4,  1),
    ('La Grimpée des Edelweiss',               'Briançon',              'mountain',  7,  4),
    ('Traversée du Lac des Cygnes Noirs',      'Thonon-les-Bains',      'swim',      8,  1),
    ('Trail de la Vallée Sauvage',             'Quimper',               'trail',     4,  2),
    ('Corrida du Vieux Marché',                'Périgueux',             'corrida',   12, 4),
    ('La Course du Chemin de Ronde',           'Provins',               'road',      9,  4),
    ('Gravel du Plateau aux Genêts',           'Mende',                 'gravel',    9,  1),
    ('Trail des Marnes Grises',                'Valence',               'trail',     3,  4),
    ('Les Foulées du Phare',                   'Cherbourg-en-Cotentin', 'road',      8,  3),
    ('Semi-marathon du Val Doré',              'Amboise',               'half',      6,  1),
    ('Ultra des Crêtes Catalanes d''En Haut',  'Argelès-sur-Mer',       'ultra',     10, 1),
    ('Triathlon du Viaduc',                    'Albi',                  'triathlon', 5,  4),
    ('La Marche du Patrimoine',                'Bayeux',                'walk',      9,  3),
    ('Trail du Bois Joli',                     'Le Moule',              'trail',     2,  1),
    ('Les 10 km de la Gare Haute',             'Mâcon',                 'road',      11, 1),
    ('Trail des Menhirs Couchés',              'Morlaix',               'trail',     6,  1),
    ('La Cyclosportive des Châtaigniers',      'Brive-la-Gaillarde',    'cycling',   9,  2),
    ('Les Foulées de la Saint-Vincent',        'Dole',                  'road',      1,  4),
    ('Trail de la Source Salée',               'Lons-le-Saunier',       'trail',     5,  1),
    ('Semi-marathon des Arènes',               'Dax',                   'half',      11, 1),
    ('Cross des Étangs Gelés',                 'Guéret',                'cross',     12, 1),
    ('La Montée du Fort',                      'Verdun',                'road',      10, 4),
    ('Trail des Bergers du Béarn',             'Oloron-Sainte-Marie',   'mountain',  6,  2),
    ('Triathlon des Trois Rivières',           'Pontoise',              'triathlon', 9,  2),
    ('Les Foulées du Marché de Noël',          'Bar-le-Duc',            'corrida',   12, 2),
    ('Marathon du Littoral des Pins',          'Narbonne',              'marathon',  11, 3),
    ('Trail du Puy Chauve',                    'Clermont-Ferrand',      'mountain',  9,  4),
    ('La Boucle des Faïenciers',               'Blois',                 'road',      3,  3),
    ('Trail des Mineurs',                      'Saint-Étienne',         'trail',     11, 4),
    ('Swimrun du Marais Salant',               'La Rochelle',           'swimrun',   6,  2),
    ('Les Foulées de l''Ormeau',               'Niort',                 'road',      5,  2),
    ('Trail de la Grande Cascade',             'Tarbes',                'mountain',  7,  1),
    ('Semi-marathon des Bastides',             'Rodez',                 'half',      9,  3),
    ('Corrida de la Saint-Sylvestre',          'Saint-Lô',              'corrida',   12, 4),
    ('La Ronde du Loir',                       'Vendôme',               'road',      4,  3),
    ('Triathlon des Salines',                  'Narbonne',              'triathlon', 5,  2),
    ('Trail Nocturne des Lanternes',           'Aurillac',              'trail',     2,  2),
    ('Ultra de la Dent Creuse',                'Thonon-les-Bains',      'ultra',     8,  4),
    ('Les 10 km du Port Sec',                  'Valence',               'road',      10, 3),
    ('Trail des Brumes d''Automne',            'Mende',                 'trail',     10, 2),
    ('La Traversée des Gabares',               'Bergerac',              'swim',      6,  4),
    ('Duathlon des Peupliers',                 'Vendôme',               'duathlon',  3,  1),
    ('Semi-marathon du Haut-Bocage',           'Laval',                 'half',      4,  1),
    ('Trail du Mont Perché',                   'Épinal',                'mountain',  8,  3),
    ('Les Foulées Gourmandes du Terroir',      'Auxerre',               'road',      7,  1),
    ('Marche des Belvédères',                  'Lons-le-Saunier',       'walk',      6,  3),
    ('Cyclo des Lavandes',                     'Digne-les-Bains',       'cycling',   7,  2),
    ('Cross de la Butte aux Cerfs',            'Soissons',              'cross',     1,  3),
    ('Triathlon du Barrage',                   'Guéret',                'triathlon', 7,  2),
    ('Trail de l''Abbaye Ruinée',              'Saumur',                'trail',     3,  1),
    ('Les 10 km de l''Arsenal',                'Cherbourg-en-Cotentin', 'road',      3,  2),
    ('Trail du Mas Perdu',                     'Annonay',               'trail',     4,  4),
    ('Semi-marathon des Canotiers',            'Amboise',               'half',      9,  4),
    ('Trail des Deux Vallées Vertes',          'Belfort',               'mountain',  5,  2),
    ('Corrida du Beaujolais d''En Bas',        'Mâcon',                 'corrida',   11, 3),
    ('Les Foulées du Bastion',                 'Bayeux',                'road',      6,  3);

-- The same events a second time under another name, for the duplicate detector to find.
INSERT INTO happening (name, city, format, month, week, twin_of)
SELECT t.name, h.city, h.format, h.month, h.week, h.name
FROM (VALUES (1,  'Foulées du Vieux Pont de Cahors',   'Les Foulées du Vieux Pont'),
             (2,  '10 km des Quais Fleuris',           'Les 10 km des Quais Fleuris'),
             (3,  'Semi-Marathon des 2 Écluses',       'Semi-marathon des Deux Écluses'),
             (4,  'Trail du Rocher-Blanc',             'Trail du Rocher Blanc'),
             (5,  'Marathon Vignes Hautes',            'Marathon des Vignes Hautes'),
             (6,  'TRAIL DES SAPINS BLEUS',            'Trail des Sapins Bleus'),
             (7,  'Triathlon du Lac aux Herons',       'Triathlon du Lac aux Hérons'),
             (8,  'Trail du Causse Rouge (Aveyron)',   'Trail du Causse Rouge'),
             (9,  'Course du Chemin de Ronde',         'La Course du Chemin de Ronde'),
             (10, 'Corrida Vieux Marché',              'Corrida du Vieux Marché'),
             (11, 'Cyclo des 7 Cols',                  'La Cyclo des Sept Cols'),
             (12, 'Trail de l''Eperon',                'Trail de l''Éperon')) AS t (rank, name, original)
JOIN happening h ON h.name = t.original
ORDER BY t.rank;

CREATE FUNCTION pg_temp.slug(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT trim(BOTH '-' FROM regexp_replace(
        translate(lower(name), 'àâäáéèêëîïíôöóùûüúçÉÎ', 'aaaaeeeeiiiooouuuucei'), '[^a-z0-9]+', '-', 'g'))
$$;

INSERT INTO "Event" (id, name, city, "countrySubdivisionNameLevel1", "countrySubdivisionNameLevel2",
                     "countrySubdivisionDisplayCodeLevel2", "isFeatured", status, slug,
                     "createdAt", "createdBy", "updatedAt", "updatedBy")
SELECT 4100 + 7 * n, name, city, region, department, code,
       CASE WHEN n % 12 = 1 THEN true WHEN n % 19 = 0 THEN NULL ELSE false END,
       (CASE WHEN twin_of IS NOT NULL THEN 'REVIEW' WHEN n % 29 = 0 THEN 'DRAFT' WHEN n % 31 = 0 THEN 'REVIEW'
             WHEN n % 43 = 0 THEN 'DEAD' WHEN n % 47 = 0 THEN 'DELETED' ELSE 'LIVE' END)::"EventStatus",
       CASE WHEN n % 40 <> 0 THEN pg_temp.slug(name) || '-' || 4100 + 7 * n END,
       :'today'::date - 1200 + n, 'demo', :'today'::date - n, 'demo'
FROM happening JOIN place USING (city);

-- One row for each edition: three to five a year apart, the last of them the next to come. A few
-- events pause a year, so that the edition to come has none before it.
CREATE TEMP TABLE held ON COMMIT DROP AS
WITH sunday AS (
    SELECT h.*, p.time_zone, y AS year,
           (make_date(y, month, 1) + (7 - extract(dow FROM make_date(y, month, 1))::integer) % 7 + 7 * (week - 1)
            - (format IN ('ultra', 'swim', 'swimrun', 'corrida'))::integer) AS day
    FROM happening h JOIN place p USING (city),
         generate_series(extract(year FROM :'today'::date)::integer - 3, extract(year FROM :'today'::date)::integer + 1) y
), next AS (
    SELECT n, min(year) AS next_year FROM sunday WHERE day > :'today'::date + 7 GROUP BY n
)
SELECT 60000 + row_number() OVER (ORDER BY n, year)::integer AS id, s.*, next_year,
       (SELECT min(starts) FROM course c WHERE c.format = s.format) AS opens,
       CASE WHEN format <> 'cross' OR (n % 2 = 1 AND year < next_year) THEN year::text
            ELSE year || '-' || year + 1 END AS label
FROM sunday s JOIN next USING (n)
WHERE year BETWEEN next_year - CASE WHEN twin_of IS NULL THEN 2 + n % 3 ELSE 0 END AND next_year
  AND NOT (n % 11 = 0 AND year = next_year - 1);

-- Of an edition to come Miles Republic knows no date, the right one, one a week early, or a day
-- without a time: what the agents find is old news, a correction or a precision.
ALTER TABLE held ADD COLUMN start timestamp(3), ADD COLUMN calendar "CalendarStatus";
UPDATE held SET
    start = CASE WHEN year < next_year OR n % 4 = 1 THEN (day + opens) AT TIME ZONE time_zone AT TIME ZONE 'UTC'
                 WHEN n % 4 = 2 THEN (day - 7 + opens) AT TIME ZONE time_zone AT TIME ZONE 'UTC'
                 WHEN n % 4 = 3 THEN day::timestamp AT TIME ZONE time_zone AT TIME ZONE 'UTC' END,
    calendar = (CASE WHEN (n + year) % 23 = 0 THEN 'CANCELED'
                     WHEN year < next_year OR n % 4 = 1 THEN 'CONFIRMED' ELSE 'TO_BE_CONFIRMED' END)::"CalendarStatus";

INSERT INTO "Edition" (id, "eventId", year, "startDate", "endDate", "timeZone", status, "calendarStatus",
                       "registrantsNumber", "currentEditionEventId", "customerType", slug,
                       "createdAt", "createdBy", "updatedAt", "updatedBy")
SELECT id, 4100 + 7 * n, label, start, start + CASE format WHEN 'ultra' THEN interval '32 hours' ELSE interval '5 hours' END,
       time_zone, (CASE WHEN year = next_year AND n % 9 = 0 THEN 'DRAFT' ELSE 'LIVE' END)::"EditionStatus", calendar,
       CASE WHEN year < next_year AND calendar <> 'CANCELED' THEN 140 + (n * 37 + year * 11) % 1900 END,
       CASE WHEN year = next_year THEN 4100 + 7 * n END,
       (ARRAY[NULL, NULL, 'BASIC', 'ESSENTIAL', 'PREMIUM'])[1 + n % 5],
       pg_temp.slug(name) || '-' || label, make_date(year - 1, 11, 2), 'demo', make_date(year - 1, 11, 2) + n, 'demo'
FROM held;

-- One edition in 37 has no races yet, some races are archived, without category or without a time.
CREATE TEMP TABLE contest ON COMMIT DROP AS
WITH sized AS (
    SELECT h.id AS edition, h.n, h.start, h.time_zone, h.year = next_year AND n % 4 = 3 AS untimed, c.*,
           CASE WHEN c.name LIKE '%#%' THEN 1 + (h.n % 7 - 3) * 0.04 ELSE 1 END AS factor
    FROM held h JOIN course c USING (format)
    WHERE NOT (n % 37 = 0 AND year = next_year) AND NOT (c.rank > 2 AND (n + year) % 4 = 0)
)
SELECT 150000 + row_number() OVER (ORDER BY edition, rank)::integer AS id, edition, 4100 + 7 * n AS event, rank,
       replace(name, '#', round((greatest(run, walk, bike, swim) * factor)::numeric)::text) AS name,
       CASE WHEN factor <> 1 THEN round(run * factor) ELSE run END AS run,
       CASE WHEN factor <> 1 THEN round(walk * factor) ELSE walk END AS walk,
       CASE WHEN factor <> 1 THEN round(bike * factor) ELSE bike END AS bike,
       swim, run2, round(climb * factor / 10) * 10 AS climb, level1, level2, starts,
       CASE WHEN NOT untimed THEN
            start + (starts - (start AT TIME ZONE 'UTC' AT TIME ZONE time_zone)::time) END AS start
FROM sized;

INSERT INTO "Race" (id, name, "startDate", "swimDistance", "walkDistance", "bikeDistance", "runDistance",
                    "runPositiveElevation", "runDistance2", "categoryLevel1", "categoryLevel2", "isActive", "isArchived",
                    "createdAt", "createdBy", "updatedAt", "updatedBy", "editionId", "eventId")
SELECT id, name, start, swim, walk, bike, run, climb, run2,
       CASE WHEN id % 53 <> 0 THEN level1 END, CASE WHEN id % 53 <> 0 THEN level2 END, id % 41 <> 0, id % 41 = 0,
       :'today'::date - 300, 'demo', :'today'::date - 300 + id % 200, 'demo', edition, event
FROM contest;

-- Legal all the same: an endless name, markup, nothing at all, years that are no numbers, and two
-- editions of one year (the lower id is the one that counts).
SELECT extract(year FROM :'today'::date)::integer AS year \gset
INSERT INTO "Event" (id, name, city, "countrySubdivisionNameLevel1", "countrySubdivisionNameLevel2",
                     "countrySubdivisionDisplayCodeLevel2", "isFeatured", status, slug,
                     "createdAt", "createdBy", "updatedAt", "updatedBy") VALUES
    (9001, 'Le Très Grand Trail Solidaire, Intercommunal et Nocturne des Vallons, Combes, Belvédères et Autres Lieux-Dits'
           ' de la Communauté de Communes du Haut-Pays d''Entre-Deux-Rivières',
     'Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson', 'Grand Est', 'Marne', '51', false, 'LIVE', 'tres-grand-trail-9001',
     :'today'::date - 400, 'demo', :'today'::date - 9, 'demo'),
    (9002, '<script>alert(1)</script> Trail des "Guillemets" & Cie', 'L''Isle-d''Abeau <b>', 'Auvergne-Rhône-Alpes', 'Isère', '38',
     NULL, 'REVIEW', 'trail-des-guillemets-9002', :'today'::date - 400, 'demo', :'today'::date - 9, 'demo'),
    (9003, '', '', '', '', '', NULL, 'DRAFT', NULL, :'today'::date - 400, 'demo', :'today'::date - 9, 'demo'),
    (9004, 'La Course des Fées 🧚‍♀️✨', 'Plœuc-L''Hermitage', 'Bretagne', 'Côtes-d''Armor', '22', true, 'LIVE', 'course-des-fees-9004',
     :'today'::date - 400, 'demo', :'today'::date - 9, 'demo');
INSERT INTO "Edition" (id, "eventId", year, "startDate", "calendarStatus", status, slug,
                       "createdAt", "createdBy", "updatedAt", "updatedBy")
SELECT id, event, label, start, calendar::"CalendarStatus", 'LIVE', 'edition-' || id,
       :'today'::date - 400, 'demo', :'today'::date - 9, 'demo'
FROM (VALUES (69001, 9001, :'year',                             make_date(:year, 5, 8) + time '20:00',      'CONFIRMED'),
             (69002, 9001, :'year',                             make_date(:year, 5, 9) + time '20:00',      'CANCELED'),
             (69003, 9001, (:year + 1)::text,                   make_date(:year + 1, 5, 15) + time '20:00', 'TO_BE_CONFIRMED'),
             (69004, 9002, (:year + 1)::text,                   NULL,                                       'TO_BE_CONFIRMED'),
             (69005, 9003, '',                                  NULL,                                       'TO_BE_CONFIRMED'),
             (69006, 9004, 'à définir',                         NULL,                                       'TO_BE_CONFIRMED'),
             (69007, 9004, :'year',                             NULL,                                       'CONFIRMED'),
             (69008, 9004, (:year + 1) || '-' || (:year + 2),   make_date(:year + 1, 12, 5) + time '17:00', 'TO_BE_CONFIRMED')
     ) AS e (id, event, label, start, calendar);
INSERT INTO "Race" (id, name, "startDate", "runDistance", "walkDistance", "runPositiveElevation", "categoryLevel1", "categoryLevel2",
                    "isArchived", "createdAt", "createdBy", "updatedAt", "updatedBy", "editionId", "eventId")
SELECT id, name, start, run, walk, climb, level1, level2, archived, :'today'::date - 400, 'demo', :'today'::date - 9, 'demo', edition, event
FROM (VALUES (169001, 'Trail nocturne 18 km', make_date(:year + 1, 5, 15) + time '20:00', 18.3, 0,   640.5, 'TRAIL', 'SHORT_TRAIL', false, 69003, 9001),
             (169002, 'Éveil',                NULL,                                       0.1,  0.2, NULL,  NULL,    NULL,          false, 69003, 9001),
             (169003, 'Ancien parcours',      make_date(:year + 1, 5, 15) + time '19:00', 31,   0,   1200,  'TRAIL', 'LONG_TRAIL',  true,  69003, 9001),
             (169004, '<img src=x onerror=alert(1)>', NULL,                               10,   0,   0,     'RUNNING', 'KM10',      false, 69004, 9002)
     ) AS r (id, name, start, run, walk, climb, level1, level2, archived, edition, event);

SELECT setval('"Event_id_seq"', (SELECT max(id) FROM "Event")),
       setval('"Edition_id_seq"', (SELECT max(id) FROM "Edition")),
       setval('"Race_id_seq"', (SELECT max(id) FROM "Race")) \g /dev/null

-- The proposals quote these rows: what they need of them crosses to the other database in variables.
SELECT json_agg(place) AS places FROM place \gset
SELECT json_agg(course) AS courses FROM course \gset
SELECT json_agg(e ORDER BY e.n) AS editions FROM (
    SELECT h.n, 4100 + 7 * h.n AS event, h.name, h.city, h.format, h.id AS edition, h.year, h.label, h.start, h.calendar,
           h.day, h.opens, pg_temp.slug(h.name) AS site, 4100 + 7 * original.n AS twin_of,
           (SELECT coalesce(json_agg(contest ORDER BY rank), '[]') FROM contest WHERE contest.edition = h.id) AS races
    FROM held h LEFT JOIN happening original ON original.name = h.twin_of
    WHERE h.year = next_year) e \gset

ANALYZE "Event", "Edition", "Race";
COMMIT;

--------------------------------------------------------------------------------------------------
-- data_agents
--------------------------------------------------------------------------------------------------
\connect :"data_agents"
SET client_min_messages = warning;
SET TimeZone = 'UTC';
SET jit = off; -- big statements over few rows: compiling them would take most of the time
BEGIN;

INSERT INTO users (id, email, "passwordHash", "firstName", "lastName", role, "createdAt", "updatedAt") VALUES
    ('user-demo', 'camille.durand@example.org', '!', 'Camille', 'Durand', 'VALIDATOR', :'today'::date - 200, :'today'::date - 200);

-- The row that is not active is the older one: whoever forgets "isActive" meets it first.
INSERT INTO database_connections (id, name, description, type, "isActive", host, port, database, username, "connectionUrl",
                                  "sslMode", timeout, tags, "createdAt", "updatedAt", "lastTestedAt", "isHealthy") VALUES
    ('connection-miles-ancienne', 'Miles Republic (ancien serveur)', 'Remplacé, gardé pour mémoire', 'MILES_REPUBLIC', false,
     'miles.example', 5432, 'miles_republic', 'lecture', NULL, 'require', 5000, '{archive}',
     :'today'::date - 500, :'today'::date - 150, :'today'::date - 150, false),
    ('connection-miles', 'localhost', 'Miles Republic, données de démonstration', 'MILES_REPUBLIC', true,
     NULL, NULL, NULL, NULL, :'miles_url', 'disable', 5000, '{demo}',
     :'today'::date - 150, :'today'::date - 150, :'today'::date - 1, true);

INSERT INTO agents (id, name, description, type, "isActive", frequency, "nextRunAt", config, "createdAt", "updatedAt")
SELECT a.id, a.name, description, kind::"AgentType", active, frequency::jsonb, :'today'::date + 1 + runs, config::jsonb,
       :'today'::date - 190, :'today'::date - 20
FROM (VALUES
    ('agent-ffa', 'FFA Scraper Agent', 'Lit le calendrier fédéral ligue par ligue et compare les compétitions aux éditions connues.',
     'EXTRACTOR', true, '{"type":"daily","windowStart":"02:00","windowEnd":"05:00"}', time '02:30',
     '{"agentType":"FFA_SCRAPER","version":"3.2.0","liguesPerRun":2,"monthsPerRun":1,"confidenceBase":0.9,"maxCompetitionsPerMonth":500}'),
    ('agent-google', 'Google Search Date Agent', 'Cherche sur le web la date des éditions à confirmer.',
     'EXTRACTOR', true, '{"type":"daily","windowStart":"05:00","windowEnd":"07:00"}', time '05:10',
     '{"agentType":"GOOGLE_SEARCH_DATE","version":"1.4.2","batchSize":10,"googleResultsCount":5,"onlyFrenchEvents":true}'),
    ('agent-slack', 'Agent Slack', 'Transforme en propositions les messages du canal #calendrier.',
     'SPECIFIC_FIELD', true, '{"type":"event"}', NULL,
     '{"agentType":"SLACK_EVENT","version":"1.1.0","channel":"calendrier"}'),
    ('agent-doublons', 'Détecteur de doublons', 'Rapproche les événements dont le nom, la ville et les dates se ressemblent.',
     'DUPLICATOR', true, '{"type":"weekly","dayOfWeek":1,"windowStart":"01:00"}', time '01:00',
     '{"agentType":"DUPLICATE_DETECTION","version":"2.0.1","minDuplicateScore":0.75}'),
    ('agent-courses', 'Contrôle des courses', 'Vérifie les distances, dénivelés et catégories des courses.',
     'VALIDATOR', true, '{"type":"daily","windowStart":"04:00"}', time '04:00',
     '{"agentType":"RACE_CHECK","version":"0.9.0","tolerance":0.02}'),
    ('agent-manuel', 'Saisie manuelle', 'Corrections saisies par l''équipe, sans collecte.',
     'SPECIFIC_FIELD', false, '"0 0 * * *"', NULL, '{}')
) AS a (id, name, description, kind, active, frequency, runs, config);

-- Small words for what follows. pick() is the only source of variety: a number below `bound`, from a hash.
CREATE FUNCTION pg_temp.pick(seed text, bound integer) RETURNS integer LANGUAGE sql IMMUTABLE AS $$
    SELECT ('x' || substr(md5(seed), 1, 7))::bit(28)::integer % bound
$$;
CREATE FUNCTION pg_temp.cuid(seed text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT 'cm' || string_agg(substr('0123456789abcdefghijklmnopqrstuvwxyz',
                                     1 + get_byte(decode(md5(seed) || md5(seed || '+'), 'hex'), i) % 36, 1), '' ORDER BY i)
    FROM generate_series(0, 22) i
$$;
CREATE FUNCTION pg_temp.iso(t timestamp) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT to_char(t, 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
$$;
CREATE FUNCTION pg_temp.utc(day date, t time, zone text) RETURNS timestamp LANGUAGE sql STABLE AS $$
    SELECT (day + t) AT TIME ZONE zone AT TIME ZONE 'UTC'
$$;
CREATE FUNCTION pg_temp.in_french(day date) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT concat_ws(' ',
        (ARRAY['dimanche', 'lundi', 'mardi', 'mercredi', 'jeudi', 'vendredi', 'samedi'])[1 + extract(dow FROM day)::integer],
        CASE extract(day FROM day) WHEN 1 THEN '1er' ELSE extract(day FROM day)::text END,
        (ARRAY['janvier', 'février', 'mars', 'avril', 'mai', 'juin', 'juillet', 'août', 'septembre', 'octobre', 'novembre',
               'décembre'])[extract(month FROM day)::integer],
        extract(year FROM day)::text)
$$;
CREATE FUNCTION pg_temp.change(old jsonb, new jsonb, confidence float8) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('old', old, 'new', new, 'confidence', confidence)
$$;
CREATE FUNCTION pg_temp.reason(kind text, content text, source text, url text, confidence float8, more jsonb DEFAULT '{}')
RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('type', kind, 'content', content, 'metadata',
        jsonb_strip_nulls(jsonb_build_object('source', source, 'url', url, 'confidence', confidence)) || more)
$$;

CREATE TEMP TABLE place ON COMMIT DROP AS
SELECT * FROM json_to_recordset(:'places') AS p (city text, code text, department text, region text, time_zone text);
CREATE TEMP TABLE course ON COMMIT DROP AS
SELECT * FROM json_to_recordset(:'courses') AS c (format text, rank integer, name text, run float8, walk float8, bike float8,
    swim float8, run2 float8, climb float8, level1 text, level2 text, starts time);
CREATE TEMP TABLE edition ON COMMIT DROP AS
SELECT e.*, code, region, time_zone
FROM json_to_recordset(:'editions') AS e (n integer, event integer, name text, city text, format text, edition integer, year integer,
    label text, start timestamp(3), calendar text, day date, opens time, site text, twin_of integer, races json)
JOIN place USING (city);
CREATE TEMP TABLE race ON COMMIT DROP AS
SELECT r.* FROM edition, json_to_recordset(races) AS r (id integer, edition integer, rank integer, name text, run float8,
    walk float8, bike float8, swim float8, climb float8, level1 text, level2 text, starts time, start timestamp(3));

-- What the agents propose. A NULL status is decided below, a NULL age as well.
CREATE TEMP TABLE draft (
    n integer GENERATED ALWAYS AS IDENTITY, agent text, type "ProposalType", event text, edition text, race text,
    changes jsonb, reasons jsonb, confidence float8, name text, city text, year integer, race_name text,
    start timestamp(3), status "ProposalStatus", age integer, source jsonb
) ON COMMIT DROP;

-- EDITION_UPDATE: one to four for each edition to come, so that groups have several members. Each has a
-- theme, another one where the first would change nothing. Where the date is known already it moves; one
-- in eight of those about a date says another weekend than the others.
INSERT INTO draft (agent, type, event, edition, changes, reasons, confidence, name, city, year, start, source)
WITH job AS (
    SELECT e.*, copy, e.n || '/' || copy AS seed,
           CASE copy WHEN 1 THEN CASE WHEN format IN ('triathlon', 'duathlon', 'swimrun', 'cycling', 'gravel', 'swim', 'walk')
                                      THEN 'agent-google' ELSE 'agent-ffa' END
                     WHEN 2 THEN CASE pg_temp.pick('ffa' || e.n, 3) WHEN 0 THEN 'agent-ffa' ELSE 'agent-google' END
                     WHEN 3 THEN CASE pg_temp.pick('slack' || e.n, 4) WHEN 0 THEN 'agent-manuel' ELSE 'agent-slack' END
                     ELSE 'agent-courses' END AS agent,
           CASE copy WHEN 4 THEN 'races'
                ELSE (ARRAY['date', 'date', 'date', 'confirm', 'date+races', 'date+add', 'races', 'add', 'practical', 'cancel'])
                     [1 + pg_temp.pick('theme' || e.n || '/' || copy, CASE copy WHEN 3 THEN 10 ELSE 9 END)] END AS wish
    FROM edition e, generate_series(1, 1 + (ARRAY[0, 1, 2, 0, 1, 3, 0, 2, 0, 2])[1 + e.n % 10]) copy
), themed AS (
    SELECT *, CASE WHEN wish = 'confirm' AND calendar = 'CONFIRMED' OR wish = 'cancel' AND calendar = 'CANCELED'
                     OR wish = 'races' AND json_array_length(races) = 0 THEN 'practical' ELSE wish END AS theme
    FROM job
), dated AS (
    SELECT *, day + CASE WHEN theme NOT LIKE 'date%' THEN 0
                         WHEN pg_temp.pick('other' || seed, 8) = 0 THEN 14
                         WHEN n % 4 <> 1 THEN 0
                         WHEN n % 8 = 1 THEN 7
                         ELSE CASE extract(dow FROM day) WHEN 0 THEN -1 ELSE 1 END END AS new_day,
           round((0.52 + 0.47 * pg_temp.pick('sure' || seed, 1000) / 1000
                  - CASE agent WHEN 'agent-google' THEN 0.17 ELSE 0 END)::numeric, 2)::float8 AS sure
    FROM themed
), timed AS (
    SELECT *, pg_temp.utc(new_day, opens, time_zone) AS new_start,
           (start AT TIME ZONE 'UTC' AT TIME ZONE time_zone)::date AS old_day
    FROM dated
), updated AS (
    SELECT seed, jsonb_agg(
               jsonb_build_object(
                   'raceId', CASE WHEN r.id % 3 = 0 THEN to_jsonb(r.id) ELSE to_jsonb(r.id::text) END, 'raceName', r.name,
                   'updates',
                   CASE WHEN theme LIKE 'date%' THEN
                        jsonb_build_object('startDate', jsonb_build_object('old', pg_temp.iso(r.start),
                                           'new', pg_temp.iso(pg_temp.utc(new_day, r.starts, time_zone))))
                        ELSE '{}' END
                   || CASE WHEN theme NOT LIKE '%races' THEN '{}'
                           WHEN r.id % 53 = 0 THEN
                        jsonb_build_object('categoryLevel1', jsonb_build_object('old', NULL, 'new', r.level1),
                                           'categoryLevel2', jsonb_build_object('old', NULL, 'new', r.level2))
                           WHEN r.level2 = 'DISCOVERY_TRAIL' THEN
                        jsonb_build_object('runDistance', jsonb_build_object('old', r.run, 'new', r.run + 3),
                                           'categoryLevel1', jsonb_build_object('old', r.level1, 'new', r.level1),
                                           'categoryLevel2', jsonb_build_object('old', r.level2, 'new', 'SHORT_TRAIL'))
                           WHEN r.level1 = 'TRAIL' THEN
                        jsonb_build_object('runDistance', jsonb_build_object('old', r.run, 'new', round((r.run * 1.03)::numeric, 1)),
                                           'runPositiveElevation', jsonb_build_object('old', r.climb, 'new', r.climb + 40))
                           WHEN r.bike > 0 THEN
                        jsonb_build_object('bikeDistance', jsonb_build_object('old', r.bike, 'new', r.bike + 1.5))
                           WHEN r.walk > 0 THEN
                        jsonb_build_object('walkDistance', jsonb_build_object('old', r.walk, 'new', r.walk + 0.5),
                                           'categoryLevel2', jsonb_build_object('old', r.level2, 'new',
                                                CASE r.level2 WHEN 'HIKING' THEN 'NORDIC_WALK' ELSE 'HIKING' END))
                           ELSE
                        jsonb_build_object('startDate', jsonb_build_object('old', pg_temp.iso(r.start),
                                           'new', pg_temp.iso(pg_temp.utc(new_day, r.starts + interval '15 minutes', time_zone)))) END)
               || CASE WHEN r.id % 7 = 0 THEN
                   jsonb_build_object('currentData', jsonb_build_object('name', r.name, 'startDate', pg_temp.iso(r.start),
                       'runDistance', r.run, 'walkDistance', r.walk, 'bikeDistance', r.bike, 'swimDistance', r.swim,
                       'runPositiveElevation', r.climb, 'categoryLevel1', r.level1, 'categoryLevel2', r.level2))
                  ELSE '{}' END
               ORDER BY r.rank) AS races
    FROM timed JOIN race r USING (edition)
    WHERE (theme LIKE 'date%' OR theme LIKE '%races') AND (r.rank < 3 OR pg_temp.pick('race' || seed, 2) = 0)
    GROUP BY seed
)
SELECT agent, 'EDITION_UPDATE', event::text, edition::text,
       CASE WHEN theme LIKE 'date%' THEN
            jsonb_build_object('startDate', pg_temp.change(to_jsonb(pg_temp.iso(start)), to_jsonb(pg_temp.iso(new_start)), sure),
                               'endDate', pg_temp.change(to_jsonb(pg_temp.iso(start + interval '5 hours')),
                                   to_jsonb(pg_temp.iso(new_start + CASE format WHEN 'ultra' THEN interval '32 hours'
                                                                                ELSE interval '6 hours' END)), sure))
            ELSE '{}' END
       || CASE WHEN theme = 'confirm' OR (theme LIKE 'date%' AND calendar = 'TO_BE_CONFIRMED') THEN
            jsonb_build_object('calendarStatus', pg_temp.change(to_jsonb(calendar), '"CONFIRMED"', sure)) ELSE '{}' END
       || CASE theme WHEN 'cancel' THEN
            jsonb_build_object('calendarStatus', pg_temp.change(to_jsonb(calendar), '"CANCELED"', sure)) ELSE '{}' END
       || CASE theme WHEN 'practical' THEN
            jsonb_build_object(
                'registrationOpeningDate', pg_temp.change(NULL, to_jsonb(pg_temp.iso(pg_temp.utc(day - 120, '08:00', time_zone))), sure),
                'registrationClosingDate', pg_temp.change(NULL, to_jsonb(pg_temp.iso(pg_temp.utc(day - 3, '21:00', time_zone))), sure),
                'websiteUrl', pg_temp.change(NULL, to_jsonb(format('https://www.%s.example/', site)), sure)) ELSE '{}' END
       || CASE WHEN updated.races IS NOT NULL THEN
            jsonb_build_object('racesToUpdate', pg_temp.change(NULL, updated.races, sure)) ELSE '{}' END
       || CASE WHEN theme LIKE '%add' THEN
            jsonb_build_object('racesToAdd', pg_temp.change(NULL, CASE
                WHEN format IN ('trail', 'mountain', 'ultra', 'walk') THEN jsonb_build_array(
                    jsonb_build_object('name', 'Trail des novices 7 km', 'runDistance', 7, 'runPositiveElevation', 210,
                        'categoryLevel1', 'TRAIL', 'categoryLevel2', 'DISCOVERY_TRAIL',
                        'startDate', pg_temp.iso(pg_temp.utc(new_day, '10:15', time_zone)), 'confidence', sure),
                    jsonb_build_object('name', 'Rando gourmande 9 km', 'walkDistance', 9, 'categoryLevel1', 'WALK',
                        'categoryLevel2', 'HIKING', 'startDate', pg_temp.iso(pg_temp.utc(new_day, '09:30', time_zone))))
                WHEN format IN ('cycling', 'gravel', 'triathlon', 'duathlon') THEN jsonb_build_array(
                    jsonb_build_object('name', 'Boucle découverte 28 km', 'bikeDistance', 28, 'categoryLevel1', 'CYCLING',
                        'categoryLevel2', 'BIKE_TOURING', 'startDate', pg_temp.iso(pg_temp.utc(new_day, '14:00', time_zone))))
                ELSE jsonb_build_array(
                    jsonb_build_object('name', 'Marche nordique 8 km', 'walkDistance', 8, 'categoryLevel1', 'WALK',
                        'categoryLevel2', 'NORDIC_WALK', 'startDate', pg_temp.iso(pg_temp.utc(new_day, '09:15', time_zone))))
                END, sure)) ELSE '{}' END,
       jsonb_build_array(
           CASE agent
           WHEN 'agent-ffa' THEN pg_temp.reason('url',
               format('Calendrier fédéral : « %s », %s à %s (%s).', name, pg_temp.in_french(new_day), city, code),
               'Calendrier fédéral', format('https://calendrier.example.org/competitions/%s', 280000 + pg_temp.pick(seed, 9999)), sure,
               jsonb_build_object('ligue', region, 'competitionId', 280000 + pg_temp.pick(seed, 9999)))
           WHEN 'agent-google' THEN pg_temp.reason('url',
               format('Résultat de recherche : « %s, rendez-vous le %s ! »', name, pg_temp.in_french(new_day)),
               format('www.%s.example', site), format('https://www.%s.example/edition-%s', site, year), sure,
               jsonb_build_object('query', format('"%s" "%s" %s', name, city, year), 'rank', 1 + pg_temp.pick('rank' || seed, 5)))
           WHEN 'agent-slack' THEN pg_temp.reason('text',
               format('Message de %s dans #calendrier : « L''organisateur de %s m''a répondu : %s. »',
                      (ARRAY['Inès', 'Loïc', 'Maëlle', 'Théo'])[1 + pg_temp.pick('who' || seed, 4)], name,
                      CASE theme WHEN 'cancel' THEN 'l''édition n''aura pas lieu'
                                 ELSE 'ce sera le ' || pg_temp.in_french(new_day) END),
               'Slack', 'https://chat.example.org/archives/calendrier/p' || 100000 + pg_temp.pick('ts' || seed, 899999), sure)
           WHEN 'agent-courses' THEN pg_temp.reason('rule',
               'Les courses enregistrées diffèrent du règlement publié par l''organisateur.', 'Règlement de l''épreuve',
               format('https://www.%s.example/reglement.pdf', site), sure, '{"rule":"distance-vs-category","tolerance":0.02}')
           ELSE pg_temp.reason('text', 'Saisi après un échange téléphonique avec l''organisateur.', 'Équipe', NULL, sure) END,
           pg_temp.reason('text',
               CASE WHEN theme LIKE 'date%' AND start IS NULL THEN
                        format('Aucune date n''était connue pour l''édition %s ; le départ est annoncé à %s.',
                               label, to_char(opens, 'FMHH24" h "MI'))
                    WHEN theme LIKE 'date%' AND old_day = new_day THEN
                        format('L''heure de départ de l''édition %s est maintenant connue : %s.', label, to_char(opens, 'FMHH24" h "MI'))
                    WHEN theme LIKE 'date%' THEN
                        format('La date connue était le %s ; l''édition %s est annoncée le %s.',
                               pg_temp.in_french(old_day), label, pg_temp.in_french(new_day))
                    WHEN theme = 'confirm' THEN 'Les inscriptions sont ouvertes : l''édition est considérée comme confirmée.'
                    WHEN theme = 'cancel' THEN 'Annulation annoncée par l''organisateur ; les inscrits seront remboursés.'
                    WHEN theme = 'practical' THEN 'Site officiel et dates d''inscription relevés sur la page de l''organisateur.'
                    WHEN theme = 'add' THEN 'Le programme annonce une épreuve qui n''existe pas encore dans l''édition.'
                    ELSE 'Les parcours et les horaires des courses ont été revus cette année.' END,
               NULL, NULL, round((sure * 0.9)::numeric, 2)::float8))
       || CASE WHEN agent IN ('agent-ffa', 'agent-google') AND pg_temp.pick('match' || seed, 3) > 0 THEN jsonb_build_array(
              pg_temp.reason('text', format('Rapproché de l''événement %s par son nom et sa ville.', event), 'Rapprochement', NULL,
                  round((0.7 + 0.29 * pg_temp.pick('near' || seed, 100) / 100)::numeric, 2)::float8,
                  jsonb_build_object('matchedEventId', event, 'matchedEditionId', edition))) ELSE '[]' END,
       sure,
       CASE WHEN pg_temp.pick('named' || seed, 5) < 2 THEN name END,
       CASE WHEN pg_temp.pick('named' || seed, 5) < 2 THEN city END,
       CASE WHEN pg_temp.pick('named' || seed, 5) < 4 THEN year END,
       CASE WHEN theme LIKE 'date%' OR theme IN ('confirm', 'add') THEN new_start END,
       CASE agent WHEN 'agent-slack' THEN jsonb_build_object('type', 'SLACK',
           'sourceUrl', 'https://chat.example.org/archives/calendrier/p' || 100000 + pg_temp.pick('ts' || seed, 899999),
           'extra', jsonb_build_object('channelId', 'C0CALENDRIER', 'messageTs', format('17%s.%s',
                        10000000 + pg_temp.pick('ts' || seed, 89999999), 100100 + pg_temp.pick('us' || seed, 799999)),
                    'userName', (ARRAY['Inès', 'Loïc', 'Maëlle', 'Théo'])[1 + pg_temp.pick('who' || seed, 4)])) END
FROM timed LEFT JOIN updated USING (seed)
ORDER BY n, copy;

-- NEW_EVENT: events that Miles Republic does not have, every fifth proposed by a second agent too.
CREATE TEMP TABLE discovery (n integer GENERATED ALWAYS AS IDENTITY, name text, city text, format text, month integer, week integer)
ON COMMIT DROP;
INSERT INTO discovery (name, city, format, month, week) VALUES
    ('Trail des Chouettes',                'Étampes',               'trail',     3, 1),
    ('Les Foulées de la Rosière',          'Arras',                 'road',      4, 3),
    ('La Ronde du Lavoir Neuf',            'Chartres',              'road',      5, 2),
    ('Trail de la Roche Fendue',           'Florac',                'mountain',  6, 1),
    ('Semi-marathon des Tilleuls',         'Moulins',               'half',      9, 2),
    ('Triathlon de l''Étang Rond',         'Guéret',                'triathlon', 7, 1),
    ('Corrida des Guirlandes',             'Troyes',                'corrida',   12, 2),
    ('Gravel des Chemins Creux',           'Saint-Lô',              'gravel',    5, 3),
    ('Les 10 km du Vieux Tram',            'Valence',               'road',      10, 1),
    ('Trail des Fougères',                 'Brive-la-Gaillarde',    'trail',     4, 2),
    ('Ultra de la Haute Lisière',          'Pontarlier',            'ultra',     7, 3),
    ('La Traversée du Lac Vert',           'Gérardmer',             'swim',      7, 2),
    ('Les Foulées de l''Horloge',          'Auxerre',               'road',      6, 4),
    ('Cross du Moulin à Vent',             'Niort',                 'cross',     1, 3),
    ('Randonnée des Cabanes',              'Annonay',               'walk',      5, 1),
    ('Trail du Col Perdu',                 'Briançon',              'mountain',  8, 2),
    ('Marathon des Grands Étangs',         'Bourges',               'marathon',  10, 1),
    ('Duathlon du Vallon',                 'Mâcon',                 'duathlon',  3, 4),
    ('La Cyclo des Bergeries',             'Ajaccio',               'cycling',   5, 4),
    ('Les Foulées du Lac Gelé',            'Embrun',                'road',      2, 3),
    ('Trail des Orpailleurs',              'Foix',                  'trail',     9, 3),
    ('Swimrun des Deux Plages',            'Argelès-sur-Mer',       'swimrun',   6, 3),
    ('La Course du Pont de Pierre',        'Saumur',                'road',      3, 2),
    ('Trail de la Pleine Lune',            'Rodez',                 'trail',     8, 4),
    ('Semi de la Forêt Domaniale',         'Rambouillet',           'half',      10, 4),
    ('Les Foulées du Printemps Vert',      'Quimper',               'road',      4, 1),
    ('Trail des Marcaires',                'Colmar',                'mountain',  5, 3),
    ('Corrida de la Place d''Armes',       'Verdun',                'corrida',   12, 3),
    ('Triathlon des Roselières',           'Thonon-les-Bains',      'triathlon', 6, 4),
    ('Les 10 km de la Cidrerie',           'Alençon',               'road',      9, 4),
    ('Trail du Four à Chaux',              'Laval',                 'trail',     3, 3),
    ('La Ronde des Vendangeurs',           'Bergerac',              'road',      9, 3),
    ('Gravel du Grand Marais',             'La Rochelle',           'gravel',    4, 4),
    ('Trail de la Tour Penchée',           'Provins',               'trail',     11, 1),
    ('Les Foulées des Remparts Ouest',     'Vannes',                'road',      5, 1),
    ('Trail du Cirque Oublié',             'Cilaos',                'mountain',  10, 2),
    ('Marche Rose du Canal',               'Carcassonne',           'walk',      10, 2),
    ('La Grimpette du Sanctuaire',         'Le Puy-en-Velay',       'road',      6, 2),
    ('Semi-marathon du Pays Bleu',         'Sète',                  'half',      11, 2),
    ('Trail des Sonneurs',                 'Morlaix',               'trail',     5, 4),
    ('Les Foulées du Vieux Lycée',         'Belfort',               'road',      3, 4),
    ('Cyclosportive du Balcon',            'Voiron',                'cycling',   6, 2),
    ('Trail de l''Aqueduc',                'Saintes',               'trail',     2, 2),
    ('La Course des Deux Clochers',        'Saint-Omer',            'road',      6, 1),
    ('Triathlon de la Base Nature',        'Dole',                  'triathlon', 9, 1),
    ('Les 10 km du Port Fluvial',          'Charleville-Mézières',  'road',      11, 1),
    ('Trail du Gouffre Bleu',              'Cahors',                'trail',     10, 3),
    ('La Nuit des Coureurs',               'Clermont-Ferrand',      'corrida',   6, 3),
    ('Ultra du Causse Étoilé',             'Millau',                'ultra',     6, 4),
    ('Les Foulées du Jardin Botanique',    'Besançon',              'road',      4, 4),
    ('Trail des Haies Hautes',             'Bayeux',                'trail',     9, 1),
    ('La Boucle des Ponts',                'Nevers',                'road',      5, 3);

INSERT INTO draft (agent, type, changes, reasons, confidence, name, city, year, start)
WITH candidate AS (
    SELECT d.*, y AS year, (make_date(y, month, 1) + (7 - extract(dow FROM make_date(y, month, 1))::integer) % 7 + 7 * (week - 1)
            - (format IN ('ultra', 'swim', 'swimrun', 'corrida'))::integer) AS day
    FROM discovery d, generate_series(extract(year FROM :'today'::date)::integer, extract(year FROM :'today'::date)::integer + 1) y
), upcoming AS (
    SELECT DISTINCT ON (n) c.*, code, department, region, time_zone,
           (SELECT min(starts) FROM course WHERE course.format = c.format) AS opens
    FROM candidate c JOIN place USING (city) WHERE day > :'today'::date + 7 ORDER BY n, year
), job AS (
    SELECT *, n || '+' || copy AS seed,
           CASE WHEN copy = 2 THEN 'agent-slack' WHEN n % 6 = 0 THEN 'agent-google' WHEN n % 13 = 0 THEN 'agent-manuel'
                ELSE 'agent-ffa' END AS agent,
           round((0.41 + 0.55 * pg_temp.pick('new' || n || '+' || copy, 1000) / 1000)::numeric, 2)::float8 AS sure
    FROM upcoming, generate_series(1, CASE WHEN n % 5 = 0 THEN 2 ELSE 1 END) copy
)
SELECT agent, 'NEW_EVENT',
       jsonb_build_object(
           'name', jsonb_build_object('new', name, 'confidence', sure),
           'city', jsonb_build_object('new', city, 'confidence', sure),
           'country', jsonb_build_object('new', 'France', 'confidence', 1),
           'countrySubdivisionNameLevel1', jsonb_build_object('new', region, 'confidence', sure),
           'countrySubdivisionNameLevel2', jsonb_build_object('new', department, 'confidence', sure),
           'countrySubdivisionDisplayCodeLevel2', jsonb_build_object('new', code, 'confidence', sure),
           'edition', jsonb_build_object('confidence', sure, 'new', jsonb_build_object(
               'year', year::text, 'calendarStatus', 'CONFIRMED', 'timeZone', time_zone,
               'startDate', pg_temp.iso(pg_temp.utc(day, opens, time_zone)),
               'endDate', pg_temp.iso(pg_temp.utc(day, opens, time_zone) + interval '6 hours'),
               'races', (SELECT jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                             'name', replace(c.name, '#', greatest(run, walk, bike, swim)::text),
                             'runDistance', nullif(run, 0), 'walkDistance', nullif(walk, 0), 'bikeDistance', nullif(bike, 0),
                             'swimDistance', nullif(swim, 0), 'runPositiveElevation', climb,
                             'categoryLevel1', level1, 'categoryLevel2', level2,
                             'startDate', pg_temp.iso(pg_temp.utc(day, starts, time_zone)))) ORDER BY rank)
                         FROM course c WHERE c.format = job.format AND (rank < 3 OR n % 2 = 0)))))
       || CASE WHEN n % 3 = 0 THEN jsonb_build_object('organizer', jsonb_build_object('confidence', sure, 'new', jsonb_build_object(
              'name', format('Comité des fêtes de %s', city), 'email', 'contact@example.org'))) ELSE '{}' END,
       jsonb_build_array(
           pg_temp.reason('url', format('« %s » est annoncé le %s à %s (%s).', name, pg_temp.in_french(day), city, code),
               CASE agent WHEN 'agent-ffa' THEN 'Calendrier fédéral' WHEN 'agent-slack' THEN 'Slack' ELSE 'Presse locale' END,
               format('https://%s.example.org/annonces/%s', CASE agent WHEN 'agent-ffa' THEN 'calendrier' ELSE 'gazette' END,
                      310000 + pg_temp.pick(seed, 9999)), sure),
           pg_temp.reason('text', format('Aucun événement ressemblant trouvé dans le département %s.', department), 'Rapprochement', NULL,
               round((1 - 0.3 * pg_temp.pick('alone' || seed, 100) / 100)::numeric, 2)::float8,
               jsonb_build_object('candidates', pg_temp.pick('rivals' || seed, 4)))),
       sure,
       CASE WHEN n % 8 <> 3 THEN name END, CASE WHEN n % 8 <> 3 THEN city END, CASE WHEN n % 8 <> 3 THEN year END,
       pg_temp.utc(day, opens, time_zone)
FROM job ORDER BY n, copy;

-- EVENT_UPDATE: half of them still carry the name the event had when the agent looked.
INSERT INTO draft (agent, type, event, edition, changes, reasons, confidence, name, city)
SELECT (ARRAY['agent-google', 'agent-slack', 'agent-manuel', 'agent-google'])[1 + k % 4], 'EVENT_UPDATE', event::text,
       CASE WHEN k % 6 = 0 THEN edition::text END,
       CASE k % 5
           WHEN 0 THEN jsonb_build_object('websiteUrl', pg_temp.change(to_jsonb(format('http://%s.example/', site)),
                                                                      to_jsonb(format('https://www.%s.example/', site)), sure))
           WHEN 1 THEN jsonb_build_object('name', pg_temp.change(to_jsonb(name), to_jsonb(name || ' – ' || city), sure))
           WHEN 2 THEN jsonb_build_object('facebookUrl', pg_temp.change(NULL, to_jsonb(format('https://social.example/%s', site)), sure),
                                          'instagramUrl', pg_temp.change(NULL, to_jsonb(format('https://photos.example/%s', site)), sure))
           WHEN 3 THEN jsonb_build_object('city', pg_temp.change(to_jsonb(city), to_jsonb('Saint-Martin-de-' || city), sure),
                                          'fullAddress', pg_temp.change(NULL, to_jsonb(format('Stade municipal, %s', city)), sure))
           ELSE jsonb_build_object('description', pg_temp.change(NULL,
                    to_jsonb(format('Un parcours au départ de %s, ouvert à tous, avec ravitaillements de produits locaux.', city)), sure),
                    'isFeatured', pg_temp.change('false', 'true', sure)) END,
       jsonb_build_array(
           pg_temp.reason('url', CASE k % 5
               WHEN 0 THEN 'L''ancienne adresse redirige vers le nouveau site, en HTTPS.'
               WHEN 1 THEN 'Le nom affiché par l''organisateur précise désormais la commune.'
               WHEN 2 THEN 'Pages officielles liées depuis le site de l''organisateur.'
               WHEN 3 THEN 'Le village départ change de commune cette année.'
               ELSE 'Présentation reprise de la page d''accueil.' END,
               format('www.%s.example', site), format('https://www.%s.example/contact?source=agent&id=%s', site, event), sure)),
       sure, CASE WHEN k % 2 = 0 THEN name || ' ' || year - 1 END, CASE WHEN k % 2 = 0 THEN city END
FROM (SELECT e.*, row_number() OVER (ORDER BY pg_temp.pick('event' || n, 100000), n)::integer AS k,
             round((0.38 + 0.6 * pg_temp.pick('eu' || n, 1000) / 1000)::numeric, 2)::float8 AS sure FROM edition e) e
WHERE k <= 46 ORDER BY k;

-- RACE_UPDATE: they share event and edition with the proposals above, and so their groups.
INSERT INTO draft (agent, type, event, edition, race, changes, reasons, confidence, name, city, year, race_name, start)
SELECT CASE WHEN k % 3 = 0 THEN 'agent-ffa' ELSE 'agent-courses' END, 'RACE_UPDATE', event::text, e.edition::text, r.id::text,
       CASE k % 3
           WHEN 0 THEN jsonb_build_object('startDate', pg_temp.change(to_jsonb(pg_temp.iso(r.start)),
                           to_jsonb(pg_temp.iso(pg_temp.utc(day, r.starts + interval '30 minutes', time_zone))), sure))
           WHEN 1 THEN jsonb_build_object('runPositiveElevation', pg_temp.change(to_jsonb(r.climb), to_jsonb(coalesce(r.climb, 0) + 85), sure))
           ELSE jsonb_build_object('races', jsonb_build_object('old', NULL, 'confidence', sure, 'new', jsonb_build_array(
                    jsonb_build_object('id', r.id, 'name', r.name, 'categoryLevel1', r.level1, 'categoryLevel2', r.level2)))) END,
       jsonb_build_array(pg_temp.reason('rule', CASE k % 3
               WHEN 0 THEN format('Le départ de « %s » est annoncé une demi-heure plus tard qu''enregistré.', r.name)
               WHEN 1 THEN format('La trace du parcours « %s » donne un dénivelé supérieur.', r.name)
               ELSE format('La catégorie de « %s » ne correspond pas à sa distance.', r.name) END,
           'Trace du parcours', format('https://traces.example.org/%s.gpx', r.id), sure, '{"rule":"track"}')),
       sure, CASE WHEN k % 4 <> 1 THEN e.name END, CASE WHEN k % 4 <> 1 THEN city END, CASE WHEN k % 4 <> 1 THEN year END, r.name,
       CASE k % 3 WHEN 0 THEN pg_temp.utc(day, r.starts + interval '30 minutes', time_zone) END
FROM (SELECT e.*, row_number() OVER (ORDER BY pg_temp.pick('track' || n, 100000), n)::integer AS k,
             round((0.36 + 0.6 * pg_temp.pick('ru' || n, 1000) / 1000)::numeric, 2)::float8 AS sure
      FROM edition e WHERE json_array_length(races) > 0) e
JOIN race r ON r.edition = e.edition AND r.rank = 1 + k % 2
WHERE k <= 34 ORDER BY k;

-- EVENT_MERGE: the twins, and a few that only look alike.
INSERT INTO draft (agent, type, event, changes, reasons, confidence, name, city)
WITH pair AS (
    SELECT a.n, a.event AS kept, a.name AS kept_name, a.city, b.event AS other, b.name AS other_name,
           round((0.8 + 0.19 * pg_temp.pick('twin' || b.n, 100) / 100)::numeric, 2)::float8 AS sure
    FROM edition a JOIN edition b ON b.twin_of = a.event
    UNION ALL
    SELECT a.n, a.event, a.name, a.city, b.event, b.name, round((0.4 + 0.01 * (a.n % 20))::numeric, 2)::float8
    FROM edition a JOIN edition b ON a.city = b.city AND a.format = b.format AND a.n < b.n
    WHERE a.twin_of IS NULL AND b.twin_of IS NULL
)
SELECT 'agent-doublons', 'EVENT_MERGE', kept::text,
       jsonb_build_object('merge', jsonb_build_object('keepEventId', kept, 'keepEventName', kept_name, 'duplicateEventId', other,
           'duplicateEventName', other_name, 'copyMissingEditions', n % 2 = 0)
           || CASE WHEN n % 3 = 0 THEN jsonb_build_object('newEventName', kept_name || ' de ' || city) ELSE '{}' END),
       jsonb_build_array(pg_temp.reason('text',
           format('« %s » et « %s » : même ville (%s), %s.', kept_name, other_name, city,
                  CASE WHEN sure < 0.7 THEN 'même discipline, mais des noms différents' ELSE 'noms proches' END),
           'Comparaison des noms', NULL, sure,
           jsonb_build_object('nameScore', sure, 'cityScore', 1, 'distanceKm', 0, 'dateOverlap', n % 2 = 0))),
       sure, CASE WHEN n % 4 <> 0 THEN kept_name END, CASE WHEN n % 4 <> 0 THEN city END
FROM pair ORDER BY kept, other;

-- Odd but legal: what the enrichment must leave alone or find another way to, and hostile text (what agents
-- bring home from the web is never markup). @@ stands for the year to come.
INSERT INTO draft (agent, type, event, edition, race, changes, confidence, name, city, year, start, status, age, reasons)
SELECT agent, kind::"ProposalType", event, o.edition, race, replace(changes, '@@', (:year + 1)::text)::jsonb, sure,
       name, city, year, start, status::"ProposalStatus", age,
       coalesce(reasons::jsonb, jsonb_build_array(pg_temp.reason('text', why, 'Démonstration', NULL, sure)))
FROM (VALUES
    -- ids that are no int4, are nobody's, or are written with zeros in front
    (1, 'agent-google', 'EVENT_UPDATE', '99999999999', NULL, NULL, '{"city":{"old":"Lens","new":"Liévin","confidence":0.5}}', 0.5,
     NULL, NULL, NULL::integer, NULL::timestamp, NULL, 4, 'Identifiant au-delà de 32 bits.', NULL),
    (2, 'agent-ffa', 'EDITION_UPDATE', '4107', '88888888888', NULL, '{"endDate":{"old":null,"new":"@@-03-28T15:00:00.000Z"}}', 0.61,
     NULL, NULL, :year + 1, NULL, NULL, 9, 'Édition au-delà de 32 bits.', NULL),
    (3, 'agent-google', 'EVENT_UPDATE', '31415926', NULL, NULL, '{"websiteUrl":{"old":null,"new":"https://www.example.org/"}}', 0.66,
     'Les Foulées Disparues', 'Ville Perdue', NULL, NULL, NULL, 12, 'Événement supprimé depuis.', NULL),
    (4, 'agent-manuel', 'EVENT_UPDATE', 'evt_legacy_42', NULL, NULL, '{"city":{"old":null,"new":"Dijon"}}', 0.7,
     NULL, NULL, NULL, NULL, NULL, 15, 'Identifiant de l''ancien système.', NULL),
    (5, 'agent-manuel', 'EVENT_UPDATE', '0004114', NULL, NULL, '{"websiteUrl":{"old":null,"new":"https://www.example.org/combes"}}', 0.72,
     NULL, NULL, NULL, NULL, NULL, 6, 'Identifiant écrit avec des zéros.', NULL),
    (6, 'agent-ffa', 'EDITION_UPDATE', '4121', '777777', NULL, '{"calendarStatus":{"old":"TO_BE_CONFIRMED","new":"CONFIRMED"}}', 0.8,
     NULL, NULL, NULL, NULL, NULL, 5, 'Édition supprimée depuis.', NULL),
    (7, 'agent-manuel', 'RACE_UPDATE', '-5', '0', 'abc', '{"runDistance":{"old":10,"new":10.2}}', 0.35,
     NULL, NULL, NULL, NULL, 'REJECTED', 30, 'Identifiants saisis à la main.', NULL),
    (8, 'agent-manuel', 'EVENT_UPDATE', '', '', NULL, '{"name":{"old":null,"new":"Sans identifiant"}}', 0,
     NULL, NULL, NULL, NULL, NULL, 33, 'Identifiants vides.', NULL),
    -- an edition found by event and year, by the edition alone, under another event than the proposal says, or not at all
    (9, 'agent-google', 'EDITION_UPDATE', '9001', NULL, NULL, '{"startDate":{"old":null,"new":"@@-05-15T18:00:00.000Z"}}', 0.58,
     NULL, NULL, :year + 1, make_date(:year + 1, 5, 15) + time '18:00', NULL, 3, 'Édition retrouvée par son année.', NULL),
    (10, 'agent-slack', 'EDITION_UPDATE', NULL, '69008', NULL, '{"startDate":{"old":null,"new":"@@-12-05T17:00:00.000Z"}}', 0.77,
     NULL, NULL, NULL, make_date(:year + 1, 12, 5) + time '17:00', NULL, 2, 'Seule l''édition est connue.', NULL),
    (11, 'agent-ffa', 'EDITION_UPDATE', '4107', '69003', NULL, '{"calendarStatus":{"old":"TO_BE_CONFIRMED","new":"CONFIRMED"}}', 0.83,
     NULL, NULL, NULL, NULL, NULL, 7, 'L''édition appartient à un autre événement.', NULL),
    (12, 'agent-ffa', 'EDITION_UPDATE', NULL, NULL, NULL, '{"endDate":{"old":null,"new":"à préciser"}}', 0.4,
     NULL, NULL, :year + 1, NULL, NULL, 18, 'Ni événement ni édition.', NULL),
    (13, 'agent-google', 'EDITION_UPDATE', '9004', '69006', NULL, '{"calendarStatus":{"old":"TO_BE_CONFIRMED","new":"CONFIRMED"}}', 0.55,
     NULL, NULL, :year + 1, NULL, NULL, 8, 'L''année de l''édition n''est pas un nombre.', NULL),
    (14, 'agent-google', 'EDITION_UPDATE', '9003', '69005', NULL, '{"startDate":{"old":null,"new":"@@-06-01"}}', 0.45,
     '', '', NULL, make_date(:year + 1, 6, 1)::timestamp, NULL, 21, 'Événement sans nom ni ville.', NULL),
    -- races to update: unknown, twice the same, an id with a tail, falsy, no list, no objects
    (15, 'agent-courses', 'EDITION_UPDATE', '9001', '69003', NULL,
     '{"racesToUpdate":{"old":null,"confidence":0.64,"new":[
        {"raceId":"169001abc","raceName":"Trail nocturne 18 km","updates":{"startDate":{"old":null,"new":"@@-05-15T19:00:00.000Z"}}},
        {"raceId":169001,"updates":{"runDistance":{"old":18.3,"new":18.9},"startDate":{"new":""}}},
        {"raceId":"169002","updates":{"categoryLevel1":{"old":null,"new":"RUNNING"}},"currentData":{"name":"Éveil (ancien)","runDistance":0.5}},
        {"raceId":"169003"}, {"raceId":"999999","updates":{"startDate":{"new":"@@-05-15T19:00:00.000Z"}}}, {"raceId":null,"updates":{}}]}}', 0.64,
     NULL, NULL, NULL, make_date(:year + 1, 5, 15) + time '19:00', NULL, 2, 'Courses en double et courses inconnues.', NULL),
    (16, 'agent-courses', 'EDITION_UPDATE', '9001', '69003', NULL, '{"racesToUpdate":{"old":null,"new":null}}', 0.5,
     NULL, NULL, NULL, NULL, NULL, 14, 'Aucune course à modifier.', NULL),
    (17, 'agent-courses', 'EDITION_UPDATE', '9001', '69003', NULL, '{"racesToUpdate":{"new":{"raceId":"169001"}}}', 0.5,
     NULL, NULL, NULL, NULL, NULL, 16, 'Une course au lieu d''une liste.', NULL),
    (18, 'agent-courses', 'EDITION_UPDATE', '9001', '69003', NULL, '{"racesToUpdate":{"new":["169001",169002,null]}}', 0.5,
     NULL, NULL, NULL, NULL, NULL, 17, 'Des numéros au lieu de courses.', NULL),
    -- new events that name an event: known, unknown, zero
    (19, 'agent-ffa', 'NEW_EVENT', '4163', NULL, NULL, '{"name":{"new":"Corrida de Noël"},"edition":{"new":{"races":[]}}}', 0.71,
     NULL, NULL, :year, NULL, NULL, 10, 'Ressemble à un événement connu.', NULL),
    (20, 'agent-ffa', 'NEW_EVENT', '27182818', NULL, NULL, '{"name":{"new":"La Course Fantôme"}}', 0.6,
     NULL, 'Ville Perdue', :year + 1, NULL, NULL, 19, 'L''événement cité n''existe pas.', NULL),
    (21, 'agent-ffa', 'NEW_EVENT', '0', NULL, NULL, '{"name":{"new":"Course numéro zéro"}}', 0.6,
     NULL, NULL, :year + 1, NULL, NULL, 25, 'Identifiant nul.', NULL),
    -- hostile and unwieldy text
    (22, 'agent-slack', 'NEW_EVENT', NULL, NULL, NULL,
     '{"name":{"new":"<script>alert(1)</script>"},"websiteUrl":{"new":"javascript:alert(document.domain)"},"city":{"new":"<b>Gras</b>"}}', 0.37,
     '<script>alert(1)</script>', '"><img src=x onerror=alert(1)>', :year + 1, make_date(:year + 1, 4, 1)::timestamp, NULL, 3, NULL,
     '[{"type":"html","content":"<script>alert(1)</script><a href=\"javascript:alert(2)\">site officiel</a>","metadata":
         {"url":"javascript:alert(document.cookie)","source":"<img src=x onerror=alert(3)>","confidence":0.37}},
       {"type":"url","content":"Un lien en data:","metadata":{"url":"data:text/html,<script>alert(4)</script>","source":"data:"}},
       {"type":"url","content":"Un lien sans protocole","metadata":{"url":"//example.org/\" onclick=\"alert(5)"}}]'),
    (23, 'agent-google', 'EDITION_UPDATE', '9002', '69004', NULL, '{"startDate":{"old":null,"new":"@@-04-18T07:00:00.000Z","confidence":0.6},
        "racesToUpdate":{"new":[{"raceId":"169004","raceName":"<img src=x onerror=alert(1)>","updates":{"startDate":{"old":null,"new":"@@-04-18T07:00:00.000Z"}}}]}}', 0.6,
     NULL, NULL, NULL, make_date(:year + 1, 4, 18) + time '07:00', NULL, 4, '</textarea><svg onload=alert(1)>', NULL),
    (24, 'agent-slack', 'NEW_EVENT', NULL, NULL, NULL, '{"name":{"new":"Course des Ducs 🦉🏃‍♂️💨"},"edition":{"new":{"year":"@@","races":[
        {"name":"5 km costumé 🎭","runDistance":5,"categoryLevel1":"FUN","categoryLevel2":"OBSTACLE"}]}}}', 0.88,
     'Course des Ducs 🦉🏃‍♂️💨', 'Œuilly-sur-Ÿvette', :year + 1, make_date(:year + 1, 2, 28)::timestamp, NULL, 1, 'Affiche reçue : « À vos marques… prêts ? 🦉 »', NULL),
    (25, 'agent-ffa', 'EDITION_UPDATE', '9001', '69003', NULL, '{"startDate":{"old":null,"new":"@@-05-15T18:30:00.000Z"}}', 0.9,
     'Le Très Grand Trail Solidaire, Intercommunal et Nocturne des Vallons, Combes, Belvédères et Autres Lieux-Dits de la Communauté de Communes',
     'Saint-Rémy-en-Bouzemont-Saint-Genest-et-Isson', :year + 1, make_date(:year + 1, 5, 15) + time '18:30', NULL, 2, 'Nom complet repris de l''affiche.', NULL),
    (26, 'agent-manuel', 'RACE_UPDATE', '4107', NULL, NULL, '"à revoir"', 'NaN',
     '100 % plat_et_rapide \o/', 'Ville_1', 0, NULL, 'ARCHIVED', 40, 'Une note au lieu de modifications.', NULL),
    (27, 'agent-manuel', 'RACE_UPDATE', NULL, NULL, NULL, '{"note":"\" \\ / \b \f \n \r \t \u0001 \u2028 é","grand":9007199254740993,"petit":1e-7,"long":0.1}', NULL,
     'Échappements', NULL, NULL, NULL, 'ARCHIVED', 41, E'Sur deux lignes,\navec une\ttabulation.', NULL)
) AS o (k, agent, kind, event, edition, race, changes, sure, name, city, year, start, status, age, why, reasons)
ORDER BY k;

-- Agents run at their hours, people by day. The last days wait for review, what is older has mostly had it.
INSERT INTO proposals (id, "agentId", type, status, "eventId", "editionId", "raceId", changes, justification, confidence,
                       "eventName", "eventCity", "editionYear", "raceName", "proposedStartDate", "createdAt", "updatedAt",
                       "reviewedAt", "reviewedBy", "appliedBy", "approvedBlocks", "sourceMetadata")
WITH aged AS (
    SELECT d.*, 'proposal' || n AS seed,
           coalesce(age, 1 + floor(44 * power(pg_temp.pick('age' || n, 1000) / 1000.0, 1.6))::integer) AS days
    FROM draft d
), made AS (
    SELECT *, :'today'::date - days
              + CASE agent WHEN 'agent-ffa' THEN interval '2 hours 30 minutes' WHEN 'agent-google' THEN interval '5 hours 10 minutes'
                           WHEN 'agent-doublons' THEN interval '1 hour' WHEN 'agent-courses' THEN interval '4 hours'
                           ELSE interval '8 hours' + pg_temp.pick('hour' || n, 36000) * interval '1 second' END
              + pg_temp.pick('ms' || n, 2400000) * interval '1 ms' AS created,
           coalesce(status, (CASE WHEN days < 3 OR type = 'EVENT_MERGE' AND confidence < 0.6 THEN 'PENDING'
                                  WHEN pg_temp.pick('status' || n, 100) < 54 THEN 'PENDING'
                                  WHEN pg_temp.pick('status' || n, 100) < 73 THEN 'APPROVED'
                                  WHEN pg_temp.pick('status' || n, 100) < 84 THEN 'REJECTED'
                                  WHEN pg_temp.pick('status' || n, 100) < 93 THEN 'ARCHIVED'
                                  ELSE 'PARTIALLY_APPROVED' END)::"ProposalStatus") AS verdict
    FROM aged
), judged AS (
    SELECT *, CASE WHEN verdict IN ('APPROVED', 'REJECTED', 'PARTIALLY_APPROVED')
                   THEN date_trunc('day', created) + interval '1 day 9 hours'
                        + pg_temp.pick('judged' || n, 28800) * interval '1 second' END AS reviewed
    FROM made
)
SELECT pg_temp.cuid(seed), agent, type, verdict, event, edition, race, changes, reasons, confidence, name, city, year, race_name, start,
       created, coalesce(reviewed, created), reviewed, CASE WHEN reviewed IS NOT NULL THEN 'user-demo' END,
       CASE WHEN verdict = 'APPROVED' AND n % 4 <> 0 THEN 'user-demo' END,
       CASE WHEN n % 97 = 0 THEN NULL
            WHEN verdict = 'APPROVED' THEN
                CASE type WHEN 'NEW_EVENT' THEN '{"event":true,"edition":true,"races":true}' WHEN 'EVENT_UPDATE' THEN '{"event":true}'
                          WHEN 'RACE_UPDATE' THEN '{"races":true}' WHEN 'EVENT_MERGE' THEN '{"merge":true}'
                          ELSE '{"edition":true,"races":true}' END::jsonb
            WHEN verdict = 'PARTIALLY_APPROVED' THEN '{"event":true,"edition":true,"races":false}'
            ELSE '{}' END,
       source
FROM judged ORDER BY n;

-- Some were corrected by hand before or while they were reviewed.
UPDATE proposals SET
    "userModifiedChanges" = jsonb_build_object('startDate', pg_temp.iso("proposedStartDate" + interval '15 minutes')),
    "modificationReason" = (ARRAY['Horaire précisé par l''organisateur', 'Départ décalé d''un quart d''heure', 'Heure corrigée d''après l''affiche'])
                           [1 + pg_temp.pick('why' || id, 3)],
    "modifiedAt" = coalesce("reviewedAt" - interval '4 minutes', "createdAt" + interval '20 hours'), "modifiedBy" = 'user-demo',
    "updatedAt" = coalesce("reviewedAt", "createdAt" + interval '20 hours')
WHERE "proposedStartDate" IS NOT NULL AND "createdAt" < :'today'::date - 2 AND pg_temp.pick('modified' || id, 11) = 0;

-- What was approved is applied block by block, mostly with success.
INSERT INTO proposal_applications (id, "proposalId", status, "scheduledAt", "appliedAt", "errorMessage", logs, "appliedChanges",
                                   "createdAt", "updatedAt", "proposalIds", "blockType")
SELECT pg_temp.cuid('application' || id || block), id, outcome::"ApplicationStatus", "reviewedAt" + interval '10 minutes',
       CASE outcome WHEN 'APPLIED' THEN "reviewedAt" + interval '12 minutes' END,
       CASE outcome WHEN 'FAILED' THEN 'L''édition a été modifiée entre-temps' END,
       CASE outcome WHEN 'APPLIED' THEN ARRAY['Bloc ' || block || ' : début', 'Bloc ' || block || ' : appliqué']
                    WHEN 'FAILED' THEN ARRAY['Bloc ' || block || ' : début', 'Bloc ' || block || ' : conflit']
                    ELSE '{}' END,
       CASE outcome WHEN 'APPLIED' THEN changes END,
       "reviewedAt", "reviewedAt" + interval '12 minutes', ARRAY[id], nullif(block, 'merge')
FROM (SELECT p.*, block, CASE pg_temp.pick('outcome' || id || block, 10) WHEN 0 THEN 'FAILED' WHEN 1 THEN 'PENDING' WHEN 2 THEN 'PENDING'
                                                                         ELSE 'APPLIED' END AS outcome
      FROM proposals p, jsonb_each("approvedBlocks") b (block, approved)
      WHERE status IN ('APPROVED', 'PARTIALLY_APPROVED') AND approved = 'true') p
ORDER BY "createdAt", id, block;

ANALYZE users, database_connections, agents, proposals, proposal_applications;
COMMIT;
